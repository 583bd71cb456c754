/**
 * What runs the trainer, as the page knows it: the device that runs, and which one was asked for last and runs here.
 */
export class DeviceChoice {
  runs = null; wished = 'auto'

  /**
   * @param {any} page                       of main.js
   * @param {(changes: object) => void} set  of state.js
   */
  constructor(page, set) {
    Object.assign(this, { page, set })
  }

  /** A trainer has started that was asked for a device. */
  begin(trainer, wished) {
    Object.assign(this, { runs: trainer.device, wished })
  }

  /** Another device runs from now on, or, where it does not run here, the one before. */
  async turnTo(device) {
    const { page } = this
    if (!page.trainer || device === this.wished) return
    await page.guard('device', async () => {
      try {
        this.runs = await page.trainer.setDevice(device)
        this.wished = device
      } catch (error) {
        this.set({ device: this.wished })
        throw error
      }
      await page.makePlan() // steps take another time there
    })
  }
}
