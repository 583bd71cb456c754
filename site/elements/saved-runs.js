/**
 * The runs that are kept in this browser, as the page knows them: listed, saved, taken up again and deleted.
 */
import { settingsOf } from './run-view.js'

export class SavedRuns {
  list = []; note = ''

  /**
   * @param {any} page                       of main.js
   * @param {() => any} current              of state.js
   * @param {(changes: object) => void} set  of state.js
   */
  constructor(page, current, set) {
    Object.assign(this, { page, current, set })
  }

  /** Reads the list anew; another tab may have changed it. */
  async refresh() {
    this.list = await this.page.trainer.saves()
    this.page.show()
  }

  /** Changes the saved runs and lists them again. @param {(trainer: any) => Promise<unknown>} change @param {string} note */
  change(change, note) {
    return this.page.guard('save', async () => {
      await change(this.page.trainer)
      await this.refresh()
      this.note = note
    })
  }

  /** Takes a run up again, with the encoder that it began with where the list of encoders has it. @param {{ name: string }} save */
  resume({ name }) {
    const { page } = this
    return page.guard('save', async () => {
      const { model } = this.list.find((s) => s.name === name) ?? {}
      if (model !== (page.info?.name ?? this.current().model) && page.models.some((m) => m.name === model)) page.choose(model)
      await page.load()
      const run = await page.trainer.resume({ name })
      this.set(settingsOf(run))
      const whole = run.step >= run.steps
      Object.assign(page, { resumed: !whole, touched: true, inForce: run.freeze })
      this.note = `${name} is back, at step ${run.step} of ${run.steps}. ${whole ? 'Try it in part 6.' : 'Train goes on from there.'}`
      page.ask(page.text)
    })
  }
}
