#!/usr/bin/env bash
# Installs what Fledge needs below the checkout: system libraries (where it may), a virtual
# environment, the pinned packages. Run again it takes a moment: each step leaves a stamp.
#   scripts/install.sh          what running the site needs
#   scripts/install.sh --dev    and what tests and checks need
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() { printf '\033[31m%s\033[0m\n' "$*" >&2; exit 1; }

packages=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libmagic1 fonts-noto-core
          fonts-noto-color-emoji
          fonts-dejavu-core ffmpeg)
requirements=(-r requirements.txt)
stamp=.venv/.installed
if [ "${1:-}" = --dev ]; then
    packages+=(chromium poppler-utils)
    requirements+=(-r requirements-dev.txt)
    stamp=.venv/.installed-dev
fi

python=${PYTHON:-python3}
command -v "$python" >/dev/null || packages+=(python3)
"$python" -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)

# --- 1. System libraries
missing=()
if command -v dpkg-query >/dev/null; then
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
fi
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing system libraries: ${missing[*]}"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    else
        fail "These system packages are missing; install them and run the command again:
    sudo apt-get install ${missing[*]}"
    fi
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Fledge needs Python 3.11 or newer; set PYTHON=/path/to/python3.11 and run again."

# --- 2. Virtual environment
if [ ! -x .venv/bin/python ]; then
    say "Creating the virtual environment in .venv"
    "$python" -m venv .venv
fi

# --- 3. Packages. uv is many times faster than pip; where it can't reach an index, pip may.
current=$(cat requirements.txt requirements-dev.txt | sha256sum | cut -d' ' -f1)
if [ "$(cat "$stamp" 2>/dev/null)" != "$current" ]; then
    say "Installing the pinned Python packages"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
    .venv/bin/uv pip install --quiet --python .venv/bin/python "${requirements[@]}" ||
        .venv/bin/python -m pip install --disable-pip-version-check "${requirements[@]}"
    echo "$current" >"$stamp"
fi
