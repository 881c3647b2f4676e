// @ts-check
// All that a shared conversation's page needs.
import "./copy-button.js";
import "./local-time.js";
