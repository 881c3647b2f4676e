// @ts-check
import "./chat-composer.js";
import "./conversation-list.js";
import "./copy-button.js";
import "./live-stream.js";
import "./spoken-status.js";
import "./undo-toast.js";
