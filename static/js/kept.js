/**
 * What was typed and is not at the school yet, kept in this browser: values under a key, as JSON.
 * Where storage is full or forbidden nothing is kept, and nothing breaks: the school has it within
 * seconds.
 */

/** @param {string} key @returns {any} null where nothing is kept */
export function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} key @param {any} value */
export function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // See above.
  }
}

/** @param {string} key */
export function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept either.
  }
}

/** @param {string} series @returns {string[]} the keys that begin with it */
export function keysOf(series) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(series));
  } catch {
    return [];
  }
}
