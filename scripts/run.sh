#!/usr/bin/env bash
# Serves Fledge on this machine: database, demo content, web server and worker.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }

scripts/install.sh
export PORT=${PORT:-8000}
export FLEDGE_BASE_URL=${FLEDGE_BASE_URL:-http://localhost:$PORT}
export PYTHONPATH=site:.
export PYTHONUNBUFFERED=1

say "Preparing database, static files and demo"
.venv/bin/python manage.py prepare_demo
say "Starting web server and worker (Ctrl+C stops both)"
exec .venv/bin/honcho start
