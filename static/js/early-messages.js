// @ts-check
// Messages of runs whose article is still on its way with the answer to the form.

const MAX_MESSAGES_PER_RUN = 2000;

export class EarlyMessages {
  constructor() {
    /** @type {Map<string, any[]>} */
    this.byRun = new Map();
  }

  /** @param {any} message */
  keep(message) {
    const kept = this.byRun.get(message.run) ?? [];
    if (kept.length < MAX_MESSAGES_PER_RUN) kept.push(message);
    this.byRun.set(message.run, kept);
  }

  /** Those of the runs that are shown by now, in their order. @param {(run: string) => boolean} isShown @returns {any[]} */
  take(isShown) {
    const taken = [];
    for (const [run, messages] of this.byRun) {
      if (!isShown(run)) continue;
      this.byRun.delete(run);
      taken.push(...messages);
    }
    return taken;
  }

  /** @param {string} run */
  drop(run) {
    this.byRun.delete(run);
  }
}
