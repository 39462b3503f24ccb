// Browsers for the tests of the site: Chromium and Firefox without a
// window, and a small server for the site's folder.
//
//     import { start } from './browser.mjs'
//     const world = await start({ browser: 'chromium', site: 'build/site', over: 'http', scripts: true })
//     const page = await world.page({ width: 360, scheme: 'dark' })
//     await page.go('why.html')
//     await world.end()
//
// Everything that a page should not do stands in world.problems: an error
// on the console, an uncaught error, a breach of the content security
// policy, a file that is not there, a request to another host. Nothing
// leaves this machine, nothing outlives the process, and the browser's
// profile is a temporary folder.

import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import puppeteer from 'puppeteer-core'

export const BROWSERS = ['chromium', 'firefox']
const PROGRAMS = { chromium: ['/usr/bin/chromium'], firefox: ['/usr/bin/firefox-esr', '/usr/bin/firefox'] }
const TYPES = {
    '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
    '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon',
    '.xml': 'application/xml', '.pdf': 'application/pdf', '.epub': 'application/epub+zip', '.zip': 'application/zip',
    '.webmanifest': 'application/manifest+json', '.wasm': 'application/wasm'
}
// Where the site says nothing of its own, the strictest policy that a
// site without inline code and without other hosts can have.
const POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// The policy that the site's own _headers asks a server to send.
function policy(site) {
    const file = join(site, '_headers')
    const said = existsSync(file) && /^\s*Content-Security-Policy:\s*(.+)$/im.exec(readFileSync(file, 'utf8'))
    return said ? said[1].trim() : POLICY
}

// Serves the folder on a free port of 127.0.0.1, as a plain file server
// does: 404.html for what is not there. Firefox is told by the policy
// when it should run no scripts.
async function serve(site, scripts) {
    const headers = { 'Content-Security-Policy': scripts ? policy(site) : 'sandbox allow-same-origin', 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' }
    const server = createServer((request, response) => {
        const path = decodeURIComponent(new URL(request.url, 'http://host').pathname)
        let file = resolve(site, `.${path.endsWith('/') ? `${path}index.html` : path}`)
        const found = file.startsWith(site) && existsSync(file) && statSync(file).isFile()
        if (!found) file = join(site, '404.html')
        if (!existsSync(file)) return response.writeHead(404).end()
        response.writeHead(found ? 200 : 404, { ...headers, 'Content-Type': TYPES[extname(file)] ?? 'text/plain; charset=utf-8' })
        createReadStream(file).pipe(response)
    })
    await new Promise((done, failed) => server.listen(0, '127.0.0.1', done).on('error', failed))
    return server
}

const CHROMIUM = {
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']
}
const FIREFOX = {
    // Names are looked up nowhere; what puppeteer sets besides keeps
    // Firefox from calling home. Nothing glides while a test looks at it.
    extraPrefsFirefox: {
        'network.proxy.type': 1, 'network.proxy.http': '127.0.0.1', 'network.proxy.http_port': 9,
        'network.proxy.ssl': '127.0.0.1', 'network.proxy.ssl_port': 9, 'network.proxy.no_proxies_on': '127.0.0.1',
        'ui.prefersReducedMotion': 1, 'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false
    }
}

// Starts one browser; the result's close() ends it and removes its profile.
async function launch(name, scheme) {
    const executablePath = PROGRAMS[name].find(existsSync)
    if (!executablePath) throw new Error(`there is no ${PROGRAMS[name][0]}: make deps-web installs it`)
    const profile = mkdtempSync(join(tmpdir(), 'web-test-'))
    const forget = () => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    const common = { executablePath, headless: true, userDataDir: profile, timeout: 60000, protocolTimeout: 60000 }
    const attempts = name === 'firefox'
        ? [{ ...FIREFOX, browser: 'firefox', extraPrefsFirefox: { ...FIREFOX.extraPrefsFirefox,
            'layout.css.prefers-color-scheme.content-override': scheme === 'dark' ? 0 : 1 } }]
        // Root may not use the sandbox, and many containers cannot.
        : [...process.getuid() === 0 ? [] : [CHROMIUM], { args: [...CHROMIUM.args, '--no-sandbox'] }]
    let failure
    for (const attempt of attempts) {
        try {
            const browser = await puppeteer.launch({ ...common, ...attempt })
            const child = browser.process()
            const kill = () => { if (child.exitCode === null) child.kill('SIGKILL'); forget() }
            process.once('exit', kill)
            return { browser, close: async () => {
                const ended = child.exitCode !== null || new Promise(done => child.once('exit', done))
                await browser.close()
                await ended
                process.off('exit', kill)
                forget()
            } }
        } catch (error) {
            failure = error
        }
    }
    forget()
    throw failure
}

// Starts a browser for a site; see the head of this file.
export async function start({ browser: name, site, over, scripts }) {
    site = resolve(site)
    const problems = [], requests = [], open = new Map()
    const server = over === 'file' ? null : await serve(site, scripts || name !== 'firefox')
    const base = server ? `http://127.0.0.1:${server.address().port}/` : `${pathToFileURL(site)}/`
    // One browser; of Firefox one each colour scheme, which it takes only
    // at its start.
    const browserFor = async scheme => {
        const key = name === 'firefox' ? scheme : ''
        if (!open.has(key)) open.set(key, launch(name, scheme))
        return (await open.get(key)).browser
    }

    const watch = (page, expected) => {
        const where = () => page.url().replace(base, '')
        const note = text => problems.push(`${where()}: ${text.replace(/\s+/g, ' ').slice(0, 250)}`)
        page.on('console', m => {
            const from = m.location()?.url
            if (m.type() === 'error' && !(from && expected.has(from))) note(`console: ${m.text()}${from ? ` (${from.replace(base, '')})` : ''}`)
        })
        page.on('pageerror', e => note(`uncaught: ${e.message ?? e}`))
        page.on('request', r => {
            requests.push(r.url())
            const { protocol, hostname } = new URL(r.url())
            if (!['file:', 'data:', 'blob:', 'about:'].includes(protocol) && hostname !== '127.0.0.1') note(`asks another host: ${r.url()}`)
        })
        page.on('response', r => { if (r.status() >= 400 && !r.url().endsWith('/favicon.ico') && !expected.has(r.url())) note(`${r.status()} for ${r.url().replace(base, '')}`) })
        page.on('requestfailed', r => {
            const why = r.failure()?.errorText ?? 'failed'
            if (!/ABORTED/i.test(why)) note(`${why} for ${r.url().replace(base, '')}`)
        })
    }

    return {
        name, site, base, over, problems, requests,
        // A new page in a new context: no storage, nothing remembered.
        async page({ width = 1280, height = 800, scale = 1, touch = false, scheme = 'light', forced = false, still = false } = {}) {
            const browser = await browserFor(scheme)
            const context = await browser.createBrowserContext()
            const page = await context.newPage()
            const expected = new Set()
            page.setDefaultTimeout(10000)
            await page.setViewport(name === 'firefox' ? { width, height } : { width, height, deviceScaleFactor: scale, hasTouch: touch, isMobile: touch })
            watch(page, expected)
            page.media = async (features = {}) => {
                if (name === 'firefox') return
                const all = { 'prefers-color-scheme': scheme, 'forced-colors': forced ? 'active' : 'none',
                    'prefers-reduced-motion': still ? 'reduce' : 'no-preference', ...features }
                page.cdp ??= await page.createCDPSession()
                await page.cdp.send('Emulation.setEmulatedMedia', { features: Object.entries(all).map(([feature, value]) => ({ name: feature, value })) })
            }
            await page.media()
            if (!scripts && name !== 'firefox') await page.setJavaScriptEnabled(false)
            page.expect = path => expected.add(new URL(path, base).href)
            page.go = path => page.goto(new URL(path, base).href, { waitUntil: 'load' })
            page.at = () => page.url().replace(base, '')
            page.done = () => context.close()
            return page
        },
        async end() {
            for (const started of open.values()) await started.then(({ close }) => close(), () => {})
            if (server) await new Promise(done => { server.close(done); server.closeAllConnections() })
        }
    }
}
