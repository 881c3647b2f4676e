// @ts-check
// A table as CSV (RFC 4180).

import { writeTex } from "./formulas.js";

/** @param {HTMLTableElement} table */
export function csv(table) {
  const copy = /** @type {HTMLTableElement} */ (table.cloneNode(true));
  writeTex(copy);
  const rows = [...copy.rows].map((row) => [...row.cells].map((cell) => quoted(cell.textContent ?? "")).join(","));
  return rows.map((row) => `${row}\r\n`).join("");
}

/** @param {string} text */
function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
