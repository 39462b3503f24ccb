// What readers do with the site: each function is a scenario of web.mjs,
// and works alike in Chromium and Firefox, over http and from files.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parts } from './parts.mjs'

// A page with listings, claims and callouts, on which most is tried.
const CHAPTER = 'enable.html'

// --- What is the same in many scenarios ---------------------------------

// The address as the site's links write it: page.html#section.
const relative = (t, url) => url.replace(t.world.base, '')

const visible = (page, selector) => page.evaluate(s => {
    const e = document.querySelector(s)
    return !!e && e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && e.getBoundingClientRect().width > 0
}, selector)

const focused = page => page.evaluate(() => {
    const e = document.activeElement
    return e.id || e.getAttribute('rel') || e.className || e.tagName.toLowerCase()
})

async function press(page, keys) {
    const [key, ...modifiers] = keys.split('+').reverse()
    for (const m of modifiers) await page.keyboard.down(m)
    await page.keyboard.press(key)
    for (const m of modifiers) await page.keyboard.up(m)
}

// Does what leads to another page, and waits until it is there.
async function turnTo(t, page, text, action) {
    const before = page.url()
    await page.evaluate(() => { window.stillHere = true })
    await action()
    await t.until(page, text, (url, here) => location.href !== url && (!window.stillHere || here), before, false)
    await t.until(page, `${text}: it never loaded`, () => document.readyState === 'complete')
}

// The same where the page may stay and only the place in it changes.
async function goTo(t, page, text, action, address) {
    await action()
    await t.until(page, text, url => location.href === url && document.readyState === 'complete', new URL(address, t.world.base).href)
}

// --- Search -------------------------------------------------------------

const QUERIES = ['KEEPIDLE', 'keepalive_time', 'ECONNRE', '/proc/sys/net/ipv4', 'silent peer']

const results = page => page.$$eval(parts.result, all => all.map(e => ({
    address: e.href.replace(/.*[/]/, ''), name: e.textContent.trim(), selected: e === document.activeElement
})))

async function openSearch(t, page, how) {
    await how()
    await t.until(page, 'search: the dialog does not open', s => document.querySelector(s)?.open, parts.search)
    await t.until(page, 'search: the field has not the focus', s => document.activeElement === document.querySelector(s), parts.searchInput)
}

async function ask(t, page, words) {
    await page.$eval(parts.searchInput, e => { e.select() })
    await page.keyboard.type(words)
    await t.until(page, `search '${words}': nothing said about it`, (words, input, found) =>
        document.querySelector(input).value === words && document.querySelector(found).textContent.trim() !== '', words, parts.searchInput, parts.found)
}

export async function search(t) {
    const page = await t.world.page()
    await page.go(CHAPTER)

    // Nothing of it is loaded before it is used.
    const files = () => t.world.requests.map(url => relative(t, url)).filter(url => /\.(js|json|wasm)\b/.test(url))
    if (t.world.over === 'http') t.check(files().join() === 'book.js', `search: loaded before its first use: ${files()}`)

    // Each way in; Esc leads back to where one was.
    const ways = {
        'Ctrl+K': [parts.next, () => press(page, 'Control+k')],
        '/': [parts.next, () => press(page, '/')],
        'the button, clicked': [parts.searchButton, () => page.click(parts.searchButton)],
        'the button, by Enter': [parts.searchButton, () => press(page, 'Enter')]
    }
    for (const [way, [from, how]] of Object.entries(ways)) {
        await page.focus(from)
        await openSearch(t, page, how)
        await press(page, 'Escape')
        await t.until(page, `search, ${way}: Esc does not close it`, s => !document.querySelector(s).open, parts.search)
        await t.until(page, `search, ${way}: the focus does not come back`, s => document.activeElement === document.querySelector(s), from)
    }
    if (t.world.over === 'http') t.check(files().length > 1, 'search: its files are loaded, but no request for them was seen')

    for (const words of QUERIES) {
        await page.go(CHAPTER)
        await openSearch(t, page, () => press(page, 'Control+k'))
        await ask(t, page, words)
        await t.until(page, `search '${words}': nothing found`, s => document.querySelector(s), parts.result)
        const said = await page.$eval(parts.found, e => e.textContent)
        const all = await results(page)
        t.check(Number(/\d+/.exec(said)?.[0]) >= all.length, `search '${words}': ${all.length} results, but it says '${said}'`)
        t.check(all.every(r => r.name && r.address), `search '${words}': a result without name or address`)
        t.check(new Set(all.map(r => r.address)).size === all.length, `search '${words}': a result twice`)

        // Results are links; arrows lead to them, and back into the field.
        const chosen = async () => (await results(page)).find(r => r.selected)?.address
        await press(page, 'ArrowDown')
        t.check(await chosen() === all[0].address, `search '${words}': the first arrow does not lead to the first result`)
        if (all.length > 1) {
            await press(page, 'ArrowDown')
            t.check(await chosen() === all[1].address, `search '${words}': the second arrow does not lead to the second result`)
            await press(page, 'ArrowUp')
        }
        await press(page, 'ArrowUp')
        t.check(await page.$eval(parts.searchInput, e => e === document.activeElement), `search '${words}': arrows do not lead back into the field`)
        await press(page, 'ArrowDown')
        const first = all[0]

        // Enter goes there, and there it is.
        await goTo(t, page, `search '${words}': Enter does not go to ${first.address}`, () => press(page, 'Enter'), first.address)
        const { text, there } = await page.evaluate(main => ({
            text: document.querySelector(main).textContent.toLowerCase(), there: !location.hash || !!document.getElementById(decodeURIComponent(location.hash.slice(1)))
        }), parts.main)
        t.check(there, `search '${words}': ${first.address} is no place on its page`)
        t.check(words.toLowerCase().split(' ').every(word => text.includes(word)), `search '${words}': ${first.address} has not got these words`)
    }

    // What is not there, is not there.
    await openSearch(t, page, () => press(page, 'Control+k'))
    await ask(t, page, 'zqxjkv')
    t.check((await results(page)).length === 0, 'search: results for a word that is nowhere')
    t.check((await page.$eval(parts.found, e => e.textContent)).trim().length > 3, 'search: it does not say that nothing was found')
    await page.done()
}

// --- Copying ------------------------------------------------------------

// What the listings of each page should give: read from the chapters'
// include lines and the examples themselves, not from the site.
function listings(project) {
    const folder = join(project, 'book/chapters'), pages = new Map()
    for (const file of readdirSync(folder)) {
        const text = readFileSync(join(folder, file), 'utf8')
        const id = /^\[#([a-z-]+)/m.exec(text)?.[1]
        const found = [...text.matchAll(/^include::\{examples\}\/(\S+?)\[(?:tags?=(\S+?))?\]$/gm)]
        if (id && found.length) pages.set(`${id}.html`, found.map(([, path, tag]) => ({ path, text: expected(readFileSync(join(project, 'examples', path), 'utf8'), path, tag) })))
    }
    return pages
}

function expected(source, path, tag) {
    const lines = source.trimEnd().split('\n')
    if (path.endsWith('.transcript')) return lines.filter(line => /^[$>] /.test(line)).map(line => line.slice(2)).join('\n')
    let inside = tag === '**'
    return lines.filter(line => {
        const [, which, name] = /\b(tag|end)::(\S+)\[\]/.exec(line) ?? []
        if (name === tag) inside = which === 'tag'
        return inside && !which
    }).map(line => line.replace(/(\s*(\/\/|#)?\s*<\d+>)+$/, '')).join('\n').replace(/^\n+|\s+$/g, '')
}

// What a reader gets who pastes now.
async function paste(page) {
    await page.evaluate(() => { const e = document.createElement('textarea'); e.id = 'paste-here'; document.body.append(e); e.focus() })
    await press(page, 'Control+v')
    return page.$eval('#paste-here', e => { const text = e.value; e.remove(); return text })
}

export async function copy(t) {
    const page = await t.world.page()
    const all = listings(t.project)
    // From files the way is the same on each page: one is enough.
    for (const [name, wanted] of t.world.over === 'file' ? [[CHAPTER, all.get(CHAPTER)]] : all) {
        await page.go(name)
        await page.evaluate(() => document.querySelectorAll('details').forEach(answer => { answer.open = true }))
        const blocks = await page.$$(parts.listing)
        t.check(blocks.length === wanted.length, `${name}: ${blocks.length} listings, in the chapter are ${wanted.length}`)
        for (const [i, { path, text }] of wanted.entries()) {
            const button = await blocks[i]?.$(parts.copy)
            if (!button) { t.check(false, `${name}, listing ${i + 1}, ${path}: no copy button`); continue }
            const link = await blocks[i].$eval(parts.source, e => e.getAttribute('href')).catch(() => null)
            t.check(link === `source/examples/${path}`, `${name}, listing ${i + 1}: its link leads to ${link}, not to ${path}`)
            if (i === 0) {
                await button.focus()
                await press(page, 'Enter')
            } else {
                await button.evaluate(e => e.scrollIntoView({ block: 'center' })) // not under the bar
                await button.click()
            }
            await t.until(page, `listing ${i + 1}, ${path}: the button does not say Copied`, e => /copied/i.test(e.textContent), button)
            await t.until(page, `listing ${i + 1}, ${path}: nobody is told that it is copied`, s => [...document.querySelectorAll(s)].some(e => /copied/i.test(e.textContent)), parts.announcement)
            const got = (await paste(page)).replace(/\n$/, '')
            t.check(got === text, `${name}, listing ${i + 1}, ${path}: copied was\n${got}\ninstead of\n${text}\n`)
        }
    }
    await page.done()
}

// --- The calculator -----------------------------------------------------

export async function calculator(t) {
    const page = await t.world.page()
    await page.go('calculator.html')
    const now = () => page.evaluate(({ said, form, complaints, drawn }) => ({
        said: document.querySelector(said).textContent, forms: [...document.querySelectorAll(form)].map(e => e.querySelector('pre').textContent),
        wrong: document.querySelector(complaints).textContent, drawn: document.querySelector(drawn).getAttribute('aria-label'), hash: location.hash
    }), parts.calculator)
    const put = async (name, text) => {
        await page.$eval(`#ask-${name}`, e => { e.focus(); e.select() })
        await page.keyboard.press('Delete')
        await page.keyboard.type(text)
    }
    const has = (where, text, words) => t.check(text.includes(words), `calculator, ${where}: '${words}' is not in '${text}'`)

    const first = await now()
    t.check(first.forms.length > 8, `calculator: only ${first.forms.length} forms of the settings`)
    has('at first', first.said, '2 min after its last word')

    // All of it follows what is typed.
    for (const [name, value] of Object.entries({ idle: '7200', interval: '75', count: '9', patience: '350' })) await put(name, value)
    const typed = await now()
    has('typed', typed.said, '2 h 11 min 15 s after its last word')
    has('typed', typed.said, 'may forget the connection before the probe')
    has('typed', typed.drawn, '2 h: the first probe')
    has('typed', typed.hash, 'idle=7200&interval=75&count=9&patience=350')
    for (const [i, form] of typed.forms.entries()) t.check(form !== first.forms[i], `calculator: form ${i + 1} does not follow: '${form}'`)
    const listing = await page.$(`${parts.calculator.form}:has(pre)`)
    await (await listing.$(parts.copy)).evaluate(e => e.scrollIntoView({ block: 'center' }))
    await (await listing.$(parts.copy)).click()
    await t.until(page, 'calculator: nothing is copied', e => /copied/i.test(e.textContent), await listing.$(parts.copy))
    const pasted = await paste(page)
    t.check(pasted.trimEnd() === typed.forms[0].trimEnd(), `calculator: copied was '${pasted}'`)

    // A bad value is named, and changes nothing else.
    for (const bad of ['0', '32768', '-5', '1e3', 'soon', '']) {
        await page.$eval('#ask-idle', (e, text) => { e.value = text; e.dispatchEvent(new Event('input', { bubbles: true })) }, bad)
        const is = await now()
        has(`idle '${bad}'`, is.wrong, 'Idle time: a whole number from 1 to 32767')
        t.check(await page.$eval('#ask-idle', e => e.getAttribute('aria-invalid')) === 'true', `calculator: idle '${bad}' is not marked`)
        t.check(is.said === typed.said && is.hash === typed.hash, `calculator: idle '${bad}' was taken`)
    }
    await put('idle', '30')
    t.check((await now()).wrong === '', 'calculator: a good value is still complained about')

    // Who gets the address sees the same.
    const { said, hash } = await now()
    const other = await t.world.page()
    await other.go(`calculator.html${hash}`)
    t.check(await other.$eval(parts.calculator.said, e => e.textContent) === said, `calculator: ${hash} shows something else`)
    await other.done()
    await page.done()
}

// --- Theme --------------------------------------------------------------

const look = page => page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d')
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor
    canvas.fillRect(0, 0, 1, 1)
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data
    return { theme: document.documentElement.dataset.theme ?? 'none', paper: r + g + b > 384 ? 'light' : 'dark', stored: localStorage.getItem('theme') ?? 'none', early: window.themeBeforeBody }
})

export async function theme(t) {
    for (const scheme of ['light', 'dark']) {
        const other = { light: 'dark', dark: 'light' }[scheme]
        const page = await t.world.page({ scheme })
        // What <html> says at the moment when <body> comes to be.
        await page.evaluateOnNewDocument(() => {
            new MutationObserver((_, observer) => {
                if (!document.body) return
                window.themeBeforeBody = document.documentElement.dataset.theme ?? 'none'
                observer.disconnect()
            }).observe(document, { childList: true, subtree: true })
        })
        const is = async (when, wanted) => {
            const got = await look(page)
            for (const key of Object.keys(wanted)) t.check(got[key] === wanted[key], `theme, system ${scheme}, ${when}: ${key} is ${got[key]}, not ${wanted[key]}`)
        }
        const choose = value => page.select(parts.theme, value)
        const asSystem = { theme: 'none', paper: scheme, stored: 'none' }

        await page.go(CHAPTER)
        await is('at first', { ...asSystem, early: 'none' })
        t.check(await page.$eval(parts.theme, e => e.value) === 'system', `theme, system ${scheme}: the switch does not begin at system`)
        t.check((await page.$eval(parts.theme, e => [...e.options].map(o => o.value).join())) === 'system,light,dark', 'theme: the switch has other choices')
        await choose(other)
        await is(`${other} chosen`, { theme: other, paper: other, stored: other })
        await page.reload()
        await is(`${other} chosen, loaded again`, { theme: other, paper: other, stored: other, early: other })
        t.check(await page.$eval(parts.theme, e => e.value) === other, `theme, system ${scheme}: loaded again, the switch has forgotten`)
        if (t.world.over === 'http') {
            await page.go('why.html')
            await is(`${other} chosen, on another page`, { theme: other, paper: other, early: other })
        }
        await choose(scheme)
        await is(`${scheme} chosen`, { theme: scheme, paper: scheme, stored: scheme })
        await choose('system')
        await is('system chosen', asSystem)
        await page.reload()
        await is('system chosen, loaded again', { ...asSystem, early: 'none' })
        if (t.world.name === 'chromium') {
            await page.media({ 'prefers-color-scheme': other })
            await is('the system changed its mind', { theme: 'none', paper: other })
        }
        await page.done()
    }
}

// --- Keyboard alone -----------------------------------------------------

export async function keyboard(t) {
    for (const [name, scheme] of [[CHAPTER, 'light'], ['index.html', 'light'], ...t.world.name === 'chromium' ? [[CHAPTER, 'dark']] : []]) {
        const page = await t.world.page({ scheme, still: true })
        await page.go(name)
        const stops = await page.evaluate(() => {
            window.stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter(e =>
                e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }))
            window.before = new Map(stops.map(e => [e, getComputedStyle(e).boxShadow]))
            return stops.map(e => e.getAttribute('aria-label') || e.textContent.trim().slice(0, 40) || e.tagName.toLowerCase())
        })
        const visited = new Set()
        let at = 0, last = -2, presses = 0
        for (; presses < stops.length + 150; presses += 1) {
            await page.keyboard.press('Tab')
            const now = await page.evaluate(focusNow)
            if (now.body) break
            if (now.stop === 0 && visited.size) break
            t.check(!now.wrong, `keyboard, ${name}, ${scheme}: '${now.label}': ${now.wrong}`)
            t.check(now.stop !== last || now.stop === -1, `keyboard, ${name}: the focus is trapped at '${now.label}'`)
            if (now.stop === last && now.stop !== -1) break
            if (now.stop >= 0) { visited.add(now.stop); last = now.stop }
            if (at === 0) {
                t.check(now.skip, `keyboard, ${name}: Tab reaches '${now.label}' first, not the link to the text`)
                at = 1
            }
        }
        const missed = stops.filter((_, i) => !visited.has(i))
        t.check(missed.length === 0, `keyboard, ${name}: Tab never reaches ${missed.length} of ${stops.length}: ${missed.slice(0, 5)}`)
        const kinds = [parts.menu, ...name === CHAPTER ? [parts.mark, parts.copy] : []]
        for (const kind of kinds) {
            t.check(await page.evaluate((s, all) => all.some(i => stops[i].closest(s)), kind, [...visited]), `keyboard, ${name}: Tab reaches no ${kind}`)
        }

        await page.done()
    }
    for (const name of [CHAPTER, 'index.html']) {
        // The way past the contents. (On a new page: behind its last stop
        // Firefox has the focus outside of the page.)
        const page = await t.world.page()
        await page.go(name)
        await page.keyboard.press('Tab')
        await page.keyboard.press('Enter')
        await t.until(page, 'the link to the text does not lead there', (s, link) => location.hash === s && document.activeElement !== document.querySelector(link), parts.main, parts.skip)
        await page.keyboard.press('Tab')
        t.check(await page.evaluate(s => document.activeElement.closest(s) !== null, parts.main), `keyboard, ${name}: behind the link to the text Tab is not in the text`)
        await press(page, 'Shift+Tab')
        t.check(!await page.evaluate(s => document.activeElement !== document.querySelector(s) && document.activeElement.closest(s) !== null, parts.main), `keyboard, ${name}: Shift+Tab does not lead back`)
        await page.done()
    }
}

// Runs in the page: where the focus is, and whether one sees it there.
function focusNow() {
    const e = document.activeElement
    if (!e || e === document.body || e === document.documentElement) return { body: true }
    const style = getComputedStyle(e), shot = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    const rgb = colour => { shot.clearRect(0, 0, 1, 1); shot.fillStyle = colour; shot.fillRect(0, 0, 1, 1); return [...shot.getImageData(0, 0, 1, 1).data] }
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
    let around = e.parentElement
    while (around.parentElement && rgb(getComputedStyle(around).backgroundColor)[3] < 255) around = around.parentElement
    const [a, b] = [light(rgb(style.outlineColor)), light(rgb(getComputedStyle(around).backgroundColor))].sort((x, y) => y - x)
    const outlined = style.outlineStyle === 'auto' || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && (a + 0.05) / (b + 0.05) >= 3)
    const shadowed = style.boxShadow !== 'none' && style.boxShadow !== window.before?.get(e)
    const box = [...e.getClientRects()].find(r => r.width && r.height) ?? e.getBoundingClientRect()
    const [x, y] = [(Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2]
    const top = document.elementFromPoint(x, y)
    let wrong = ''
    if (!outlined && !shadowed) wrong = `nothing shows the focus (outline ${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}, ${((a + 0.05) / (b + 0.05)).toFixed(1)}:1)`
    else if (box.width < 2 || box.height < 2 || box.bottom <= 0 || box.right <= 0 || box.top >= innerHeight || box.left >= innerWidth) wrong = 'it has the focus out of sight'
    else if (!top || !(e.contains(top) || top.contains(e))) wrong = `it has the focus behind <${top?.tagName.toLowerCase()} class="${top?.className}">`
    return { stop: window.stops.indexOf(e), skip: e.matches('a.skip'), label: e.getAttribute('aria-label') || e.textContent.trim().slice(0, 40) || e.tagName, wrong }
}

// --- From the first page to the last, and back --------------------------

export async function turn(t) {
    const page = await t.world.page()
    await page.go('index.html')
    const book = await page.$$eval(`${parts.menu} a[href]`, all => [...new Set(all.map(e => e.href.split('#')[0]))])
    t.check(book.length > 10, `turn: only ${book.length} pages in the contents`)
    for (const [link, pages] of [[parts.next, book], [parts.prev, book.toReversed?.() ?? [...book].reverse()]]) {
        for (const [i, address] of pages.entries()) {
            t.check(page.url().split('#')[0] === address, `turn, ${link}: at ${page.at()}, and the contents say ${relative(t, address)}`)
            t.check(await page.$$eval(`${parts.menu} [aria-current=page]`, all => all.length) === 1, `turn: ${page.at()} does not mark itself in the contents`)
            const onward = await page.$(link)
            t.check(!onward === (i === pages.length - 1), `turn: ${page.at()} has ${onward ? 'a' : 'no'} ${link}`)
            if (!onward) break
            await onward.focus()
            await turnTo(t, page, `${link} leads nowhere`, () => page.keyboard.press('Enter'))
        }
    }
    await page.done()
}

// --- Evidence -----------------------------------------------------------

const isOpen = (page, id) => page.evaluate(i => document.getElementById(i)?.matches(':popover-open') ?? false, id)

export async function evidence(t) {
    const known = JSON.parse(readFileSync(join(t.project, 'book/evidence.json'), 'utf8'))
    const page = await t.world.page()
    const shown = new Set(), flat = text => text.replace(/\s+/g, ' ').trim()

    // Every mark of every page has its evidence, and the ledger its entry.
    await page.go('ledger.html')
    const entries = new Set(await page.$$eval('[id^=claim-]', all => all.map(e => e.id)))
    for (const name of t.pages) {
        await page.go(name)
        const marks = await page.$$eval(parts.mark, (all, evidence) => all.map(mark => {
            const box = document.getElementById(mark.getAttribute('popovertarget'))
            return { id: mark.getAttribute('popovertarget'), label: mark.getAttribute('aria-label') || mark.textContent, text: box?.matches(evidence) ? box.textContent : null, links: [...box?.querySelectorAll('a') ?? []].map(a => a.getAttribute('href')) }
        }), parts.evidence)
        for (const { id, label, text, links } of marks) {
            const claim = id.replace('evidence-', ''), from = known[claim]
            if (text === null || !from) { t.check(false, `${name}: the mark of ${claim} has no evidence`); continue }
            shown.add(claim)
            const has = flat(text), run = Object.entries(from.on).at(-1)
            const wanted = [from.sentence, ...from.ran, run[0], run[1].date, ...Object.values(run[1].saw).map(({ value, unit }) => [value, unit].filter(Boolean).join(' '))]
            for (const text of wanted) t.check(has.includes(flat(text)), `${name}: the evidence of ${claim} does not show '${text}'`)
            t.check(label.trim().length > 3, `${name}: the mark of ${claim} has no name that can be read aloud`)
            t.check(links.includes(`ledger.html#claim-${claim}`) || links.includes(`#claim-${claim}`), `${name}: the evidence of ${claim} does not lead to its entry`)
            t.check(entries.has(`claim-${claim}`), `ledger.html: no entry for ${claim}`)
        }
    }
    const missing = Object.keys(known).filter(claim => !shown.has(claim))
    t.check(missing.length === 0, `evidence: no page has a mark of ${missing}`)

    // It opens in place, by each way, and closes by Esc.
    await page.go(CHAPTER)
    const [mark] = await page.$$(parts.mark)
    const id = await mark.evaluate(e => e.getAttribute('popovertarget'))
    const ways = { Enter: () => page.keyboard.press('Enter'), 'the space bar': () => page.keyboard.press(' '), 'a click': () => mark.click() }
    for (const [way, open] of Object.entries(ways)) {
        const where = page.url()
        await mark.focus()
        await open()
        await t.until(page, `${way} does not open the evidence`, i => document.getElementById(i).matches(':popover-open'), id)
        t.check(page.url() === where, `evidence: ${way} leads away to ${page.at()}`)
        // Soon: the page may still be scrolling to the mark.
        await t.until(page, `evidence, by ${way}: it is not in sight as a whole`, i => {
            const { left, right, top, bottom } = document.getElementById(i).getBoundingClientRect()
            return left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight && right - left > 100
        }, id)
        await page.keyboard.press('Escape')
        await t.until(page, `evidence, by ${way}: Esc does not close it`, i => !document.getElementById(i).matches(':popover-open'), id)
        t.check(await page.evaluate(e => document.activeElement === e, mark), `evidence, by ${way}: Esc does not give the focus back to its mark, but to ${await focused(page)}`)
    }

    // Its link can be reached without a mouse, and leads to the entry.
    await page.keyboard.press('Enter')
    await t.until(page, 'Enter does not open the evidence again', i => document.getElementById(i).matches(':popover-open'), id)
    let reached = false
    for (let i = 0; i < 8 && !reached; i += 1) {
        await page.keyboard.press('Tab')
        reached = await page.evaluate(i => document.activeElement.closest(`#${i}`) !== null && document.activeElement.matches('a[href*="#claim-"]'), id)
    }
    t.check(reached, 'evidence: Tab does not reach the link to the ledger')
    if (reached) {
        await goTo(t, page, 'the link to the ledger leads elsewhere', () => page.keyboard.press('Enter'), `ledger.html#${id.replace('evidence-', 'claim-')}`)
        await t.until(page, 'the entry is not in sight', () => { const { top, bottom } = document.querySelector(':target').getBoundingClientRect(); return top < innerHeight && bottom > 0 })
    }
    await page.done()
}

// --- On a phone ---------------------------------------------------------

export async function phone(t) {
    const page = await t.world.page({ width: 360, height: 740, touch: true })
    await page.go(CHAPTER)
    const tap = selector => t.world.name === 'chromium' ? page.tap(selector) : page.click(selector)
    const open = () => page.$eval(parts.menu, e => e.matches(':popover-open'))
    const shows = wanted => t.until(page, `phone: the contents are ${wanted ? 'not' : 'still'} open`, (s, o) => document.querySelector(s).matches(':popover-open') === o, parts.menu, wanted)
    t.check(await visible(page, parts.menuButton), 'phone: no button for the contents')
    t.check(!await open() && !await visible(page, parts.menu), 'phone: the contents are open at once')
    await tap(parts.menuButton)
    await shows(true)
    t.check(await visible(page, parts.menu), 'phone: the contents are open, but not in sight')
    await page.keyboard.press('Escape')
    await shows(false)
    t.check(await page.evaluate(s => document.activeElement === document.querySelector(s), parts.menuButton), 'phone: Esc does not give the focus back to the button')
    await tap(parts.menuButton)
    await shows(true)
    const link = `${parts.menu} a[href="heartbeat.html"]`
    await page.$eval(link, e => e.scrollIntoView({ block: 'center', behavior: 'instant' }))
    await goTo(t, page, 'phone: the contents do not lead to a chapter', () => tap(link), 'heartbeat.html')
    t.check(!await open(), 'phone: the contents lie over the chapter they led to')
    // A touch beside it closes the evidence.
    await page.go(CHAPTER)
    await page.$eval(parts.mark, e => e.scrollIntoView({ block: 'center', behavior: 'instant' }))
    const id = await page.$eval(parts.mark, e => e.getAttribute('popovertarget'))
    await tap(parts.mark)
    await t.until(page, 'phone: a touch does not open the evidence', i => document.getElementById(i).matches(':popover-open'), id)
    const box = await page.$eval(`#${id}`, e => { const { left, right, top, bottom } = e.getBoundingClientRect(); return left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight })
    t.check(box, 'phone: the evidence is not in sight as a whole')
    await page.done()
    // With room for them the contents stand beside the text.
    const wide = await t.world.page()
    await wide.go(CHAPTER)
    t.check(await visible(wide, parts.menu), 'wide: the contents are not in sight')
    t.check(!await visible(wide, parts.menuButton), 'wide: a button for contents that are in sight')
    await wide.done()
}

// --- Without JavaScript -------------------------------------------------

export async function withoutScripts(t) {
    const page = await t.world.page()
    for (const name of t.pages) {
        await page.go(name)
        const { words, dead } = await page.evaluate(main => ({
            words: document.querySelector(main).innerText.trim().split(/\s+/).length,
            dead: [...document.querySelectorAll('button, input, select, textarea, [onclick], a[href="#"], a:not([href]):not([id]), [role=button]')]
                .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.popoverTargetElement && !e.commandForElement)
                .map(e => e.outerHTML.slice(0, 80))
        }), parts.main)
        t.check(words > 8, `${name}: without scripts nothing to read`)
        t.check(dead.length === 0, `${name}: controls that do nothing without scripts: ${dead}`)
    }
    t.check(await page.evaluate(() => document.documentElement.dataset.theme === undefined), 'without scripts: a script has run')
    // The evidence opens all the same, and the pages turn.
    await page.go(CHAPTER)
    const id = await page.$eval(parts.mark, e => e.getAttribute('popovertarget'))
    await page.$eval(parts.mark, e => e.scrollIntoView({ block: 'center', behavior: 'instant' }))
    await page.click(parts.mark)
    await settle(() => isOpen(page, id))
    t.check(await isOpen(page, id), 'without scripts: the evidence does not open')
    await page.keyboard.press('Escape')
    await settle(async () => !await isOpen(page, id))
    t.check(!await isOpen(page, id), 'without scripts: the evidence does not close')
    await page.$eval(parts.next, e => e.scrollIntoView({ block: 'center', behavior: 'instant' }))
    await Promise.all([page.waitForNavigation(), page.click(parts.next)])
    t.check(page.at() !== CHAPTER, 'without scripts: the pages do not turn')
    await page.done()
    // And so does the menu of a phone.
    const small = await t.world.page({ width: 360, height: 740 })
    await small.go(CHAPTER)
    await small.click(parts.menuButton)
    await settle(() => isOpen(small, 'book'))
    t.check(await isOpen(small, 'book'), 'without scripts: the contents do not open')
    await Promise.all([small.waitForNavigation(), small.click(`${parts.menu} a[href="why.html"]`)])
    t.check(small.at() === 'why.html', 'without scripts: the contents lead nowhere')
    await small.done()
}
withoutScripts.withoutScripts = true

// Waits in this process: in a page without scripts nothing can wait.
async function settle(condition) {
    for (let i = 0; i < 50 && !await condition(); i += 1) await new Promise(done => setTimeout(done, 100))
}

// --- A page that is not there -------------------------------------------

export async function lost(t) {
    const page = await t.world.page()
    page.expect('no-such-page.html')
    const response = await page.go('no-such-page.html')
    t.check(response.status() === 404, `lost: status ${response.status()}`)
    t.check(await page.$$eval('h1', all => all.length) === 1, 'lost: the page has no title')
    t.check((await page.$eval(parts.main, e => e.innerText)).length > 40, 'lost: the page says nothing')
    t.check(await page.evaluate(() => [...document.styleSheets].some(s => s.cssRules.length > 0)), 'lost: the page has no stylesheet')
    await goTo(t, page, 'lost: its text does not lead to the book', async () => page.click(`${parts.main} a[href$="index.html"]`), await page.$eval(`${parts.main} a[href$="index.html"]`, e => e.getAttribute('href')))
    await page.done()
}
