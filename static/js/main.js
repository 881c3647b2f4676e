// @ts-check
import "./attachment-tray.js";
import "./chat-composer.js";
import "./code-wrap.js";
import "./command-palette.js";
import "./conversation-list.js";
import "./copy-button.js";
import "./cost-estimate.js";
import "./drop-zone.js";
import "./follow-ups.js";
import "./footnotes.js";
import "./formulas.js";
import "./inline-rename.js";
import "./inspect-panel.js";
import "./live-stream.js";
import "./local-time.js";
import "./long-text.js";
import "./menus.js";
import "./model-picker.js";
import "./notify-choice.js";
import "./page-dialog.js";
import "./passkey-form.js";
import "./prompt-fill.js";
import "./prompt-list.js";
import "./question-edit.js";
import "./requests.js";
import "./retry-countdown.js";
import "./shelf-list.js";
import "./shortcuts.js";
import "./spoken-status.js";
import "./timed-toast.js";

// The server groups conversations by the reader's days.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
document.cookie = `time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
