/**
 * Runs a Go test of GOOS=js on WebGPU in Node, for `go test -exec`: finds a Vulkan driver and loads site/dev/gpu-preload.mjs.
 * Debian's chromium brings SwiftShader, which needs no graphics card; VK_DRIVER_FILES names another driver. Without any the test
 * finds no adapter and says so.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ICD = 'vk_swiftshader_icd.json'

/** Where chromium's SwiftShader may lie: beside the browser that CHROME names, or where Debian and Fedora put it. */
function candidates() {
  const places = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome']
  const { CHROME } = process.env
  if (CHROME && existsSync(CHROME)) places.unshift(path.dirname(realpathSync(CHROME)))
  return places.map((place) => path.join(place, ICD))
}

const here = path.dirname(fileURLToPath(import.meta.url))
const driver = process.env.VK_DRIVER_FILES || candidates().find((file) => existsSync(file))
// A driver may lie beside the Vulkan loader it wants, as chromium's does.
const libraries = driver ? [path.dirname(driver), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') : ''
const [loader, ...rest] = process.argv.slice(2)
const { status } = spawnSync(process.execPath, [
  '--stack-size=8192', '--require', path.join(here, 'wasm-preload.cjs'), '--import', path.join(here, 'gpu-preload.mjs'), loader, ...rest,
], { stdio: 'inherit', env: { ...process.env, ...(driver ? { THAW_VULKAN: driver, LD_LIBRARY_PATH: libraries } : {}) } })
process.exit(status ?? 1)
