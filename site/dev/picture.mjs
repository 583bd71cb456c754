/**
 * Makes docs/page.png anew: `node site/dev/picture.mjs [--root dist] [--hash '#n=2000'] [--out docs/page.png]`. It trains on the page
 * as a person would and takes a picture of the parts Freeze and Train. On a machine with nothing else to do it takes two minutes.
 */
import { parseArgs } from 'node:util'
import { openBrowser } from '../test/browser/open.mjs'
import { Person } from '../test/browser/person.mjs'
import { serve } from './serve.mjs'

const WIDTH = 1120

const { values } = parseArgs({ options: { root: { type: 'string', default: 'dist' }, hash: { type: 'string', default: '' }, out: { type: 'string', default: 'docs/page.png' } } })
const server = await serve({ root: values.root, port: 0 })
const browser = await openBrowser('chrome')
try {
  const page = await browser.newPage()
  await page.setViewport({ width: WIDTH, height: 900 })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
  const person = new Person(page)
  await person.open(server.url + values.hash)
  await person.press('hero', 'Train')
  await person.until(() => document.getElementById('run').phase === 'idle' && document.getElementById('proof').proof)
  const clip = await page.evaluate((width) => {
    document.getElementById('report').hidden = true // it has nothing to show yet
    const [top, bottom] = ['freeze', 'train'].map((part) => document.getElementById(`part-${part}`).getBoundingClientRect())
    return { x: 0, y: top.top + scrollY + 12, width, height: bottom.bottom - top.top - 24 }
  }, WIDTH)
  await page.screenshot({ path: values.out, clip, captureBeyondViewport: true })
  console.log(`${values.out}: ${Math.round(clip.width)} × ${Math.round(clip.height)}`)
} finally {
  await browser.close()
  await server.close()
}
