// How the site looks: each function is a scenario of web.mjs. They are for
// Chromium, which alone lets a test choose what the system asks for.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parts } from './parts.mjs'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const WIDE = { width: 1280, height: 800 }, PHONE = { width: 360, height: 740 }, SMALL = { width: 320, height: 256 }
// A page with listings, claims and callouts, on which most is tried.
const CHAPTER = 'enable.html'

// --- States that a page can be in ---------------------------------------

// Each brings a page that was just loaded into one of them.
const opened = {
    async evidence(page) {
        await page.$eval(parts.mark, e => e.scrollIntoView({ block: 'center', behavior: 'instant' }))
        await page.click(parts.mark)
        await page.waitForSelector(`${parts.evidence}:popover-open`)
    },
    async 'search with results'(page) {
        await searchFor(page, 'keepalive')
        await page.waitForSelector(parts.result)
        await page.keyboard.press('ArrowDown')
    },
    async 'search without results'(page) {
        await searchFor(page, 'zqxjkv')
        await page.waitForFunction(s => document.querySelector(s).textContent.trim(), {}, parts.found)
    },
    async contents(page) {
        if (page.viewport().width >= WIDE.width) return
        await page.click(parts.menuButton)
        await page.waitForSelector(`${parts.menu}:popover-open`)
    }
}

async function searchFor(page, words) {
    await page.click(parts.searchButton)
    await page.waitForFunction(s => document.activeElement === document.querySelector(s), {}, parts.searchInput)
    await page.keyboard.type(words)
}

// --- axe ----------------------------------------------------------------

// Every rule of axe, best practices and experiments too; but not those
// for level AAA: they ask for more contrast than any other level, and
// that no two links with one text lead to different places.
// With `only`, just this rule.
async function axe(t, page, state, only) {
    if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(AXE)
    const { passes, violations } = await page.evaluate(async only => {
        const values = only ? [only] : window.axe.getRules().filter(rule => !rule.tags.some(tag => tag.endsWith('aaa'))).map(rule => rule.ruleId)
        const { passes, violations } = await window.axe.run({ runOnly: { type: 'rule', values } })
        return { passes: passes.length, violations: violations.map(({ id, help, nodes }) =>
            `${id}: ${help}: ${nodes.length} times, as ${nodes[0].target.join(' ')} ${nodes[0].any.map(a => a.message).join(' ').slice(0, 200)}`) }
    }, only)
    t.check(passes > (only ? 0 : 10), `${page.at()}, ${state}: axe found nearly nothing to look at`)
    for (const text of violations) t.wrong(`${page.at()}, ${state}: axe: ${text}`)
}

// Light or dark, by system or by choice, is all the same but for colours.
const axeAt = (size, label) => async t => {
    const page = await t.world.page(size)
    for (const name of [...t.pages, ...t.whole]) {
        await page.go(name)
        await axe(t, page, `${label}, system light`)
        for (const scheme of ['light', 'dark']) {
            await page.media({ 'prefers-color-scheme': scheme })
            if (scheme === 'dark') await axe(t, page, `${label}, system dark`, 'color-contrast')
            if (t.whole.includes(name)) continue
            const other = { light: 'dark', dark: 'light' }[scheme]
            await page.select(parts.theme, other)
            await axe(t, page, `${label}, system ${scheme}, ${other} chosen`, 'color-contrast')
            await page.select(parts.theme, 'system')
        }
    }
    await page.done()
}
export const axeWide = axeAt(WIDE, 'wide')
export const axePhone = axeAt(PHONE, 'phone')

export async function axeOpened(t) {
    for (const [label, size] of Object.entries({ wide: WIDE, phone: PHONE })) {
        for (const scheme of ['light', 'dark']) {
            const page = await t.world.page({ ...size, scheme })
            for (const [state, open] of Object.entries(opened)) {
                await page.go(CHAPTER)
                await open(page)
                await axe(t, page, `${label}, ${scheme}, ${state}`)
            }
            await page.done()
        }
    }
}

// --- Room ---------------------------------------------------------------

// Runs in the page: what cannot be read of its text, because it is cut
// off, lies beyond the page's edge or under other text.
function unreadable() {
    const words = [], wrong = []
    const edge = document.documentElement.clientWidth
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const e = walker.currentNode.parentElement
        if (!walker.currentNode.data.trim() || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue
        const range = document.createRange()
        range.selectNodeContents(walker.currentNode)
        const name = `'${walker.currentNode.data.trim().slice(0, 40)}' in <${e.tagName.toLowerCase()} class="${e.className}">`
        rects: for (const r of range.getClientRects()) {
            let box = { left: r.left, right: r.right, top: r.top, bottom: r.bottom }
            if (r.width < 1 || r.height < 1) continue
            for (let up = e; up && up !== document.body && up !== document.documentElement; up = up.parentElement) {
                const style = getComputedStyle(up), frame = up.getBoundingClientRect()
                if (style.overflowX === 'visible' && style.overflowY === 'visible') { if (style.position === 'fixed') break; continue }
                if (frame.width <= 1 || frame.height <= 1) continue rects // for screen readers only
                const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY)
                if (!scrolls && (box.right > frame.right + 1 || box.bottom > frame.bottom + 1 || box.left < frame.left - 1 || box.top < frame.top - 1)) wrong.push(`${name} is cut off`)
                box = { left: Math.max(box.left, frame.left), right: Math.min(box.right, frame.right), top: Math.max(box.top, frame.top), bottom: Math.min(box.bottom, frame.bottom) }
                if (box.left >= box.right || box.top >= box.bottom) continue rects // scrolled away
            }
            if (box.right > edge + 1 || (box.left < -1 && box.right > 0)) wrong.push(`${name} lies beyond the edge`)
            words.push({ ...box, e, name, z: e.closest('dialog[open], :popover-open, body > header') ?? getComputedStyle(e).position })
        }
    }
    words.sort((a, b) => a.top - b.top)
    words.forEach((a, i) => {
        for (let j = i + 1; j < words.length && words[j].top < a.bottom - 3; j += 1) {
            const b = words[j], width = Math.min(a.right, b.right) - Math.max(a.left, b.left), height = Math.min(a.bottom, b.bottom) - b.top
            if (a.z !== b.z || width < 3) continue
            if (height > 0.4 * Math.min(a.bottom - a.top, b.bottom - b.top)) wrong.push(`${a.name} and ${b.name} lie on each other`)
        }
    })
    return { wrong: [...new Set(wrong)].slice(0, 5), words: words.length }
}

async function roomy(t, page, state) {
    const { wide, edge } = await page.evaluate(() => ({ wide: Math.max(document.documentElement.scrollWidth, document.body.scrollWidth), edge: document.documentElement.clientWidth }))
    t.check(wide <= edge, `${page.at()}, ${state}: scrolls sideways: ${wide} px in ${edge}`)
    const { wrong, words } = await page.evaluate(unreadable)
    t.check(words > 5, `${page.at()}, ${state}: no text`)
    for (const text of wrong) t.wrong(`${page.at()}, ${state}: ${text}`)
}

// On the smallest phone, and on a desk with everything four times as large.
export async function narrow(t) {
    for (const [state, settings] of Object.entries({ '320 px': { ...SMALL, height: 640, touch: true }, '1280 px at 400 %': { ...SMALL, scale: 4 } })) {
        const page = await t.world.page(settings)
        for (const name of [...t.pages, ...t.whole]) {
            await page.go(name)
            await roomy(t, page, state)
        }
        for (const [what, open] of Object.entries(opened)) {
            await page.go(CHAPTER)
            await open(page)
            await roomy(t, page, `${state}, ${what}`)
        }
        await page.done()
    }
}

// Text spaced as widely as a reader may ask for (WCAG 1.4.12).
export async function spacing(t) {
    for (const [label, size] of Object.entries({ wide: WIDE, phone: PHONE })) {
        const page = await t.world.page(size)
        const space = () => page.evaluate(() => {
            const sheet = new CSSStyleSheet()
            sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }')
            document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
        })
        for (const name of [...t.pages, ...t.whole]) {
            await page.go(name)
            await roomy(t, page, label)
            await space()
            await roomy(t, page, `${label}, text spaced`)
        }
        for (const [what, open] of Object.entries(opened)) {
            await page.go(CHAPTER)
            await open(page)
            await space()
            await roomy(t, page, `${label}, ${what}, text spaced`)
        }
        await page.done()
    }
}

// --- What can be seen ---------------------------------------------------

// A darkroom: tells how far the lightest and the darkest spot of a picture
// are apart (as a contrast, 1 to 21), and how much two pictures differ.
async function darkroom(t) {
    const page = await t.world.page()
    await page.goto('about:blank')
    return (...pictures) => page.evaluate(async pictures => {
        const light = await Promise.all(pictures.map(async picture => {
            const image = new Image()
            image.src = `data:image/png;base64,${picture}`
            await image.decode()
            const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height }).getContext('2d')
            canvas.drawImage(image, 0, 0)
            const { data } = canvas.getImageData(0, 0, image.width, image.height), all = []
            for (let i = 0; i < data.length; i += 4) {
                all.push([0.2126, 0.7152, 0.0722].reduce((sum, share, k) => {
                    const v = data[i + k] / 255
                    return sum + share * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                }, 0))
            }
            return all
        }))
        const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
        const [first, second] = light
        const ends = first.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [1, 0])
        return { contrast: contrast(...ends), changed: second ? first.filter((v, i) => contrast(v, second[i]) >= 3).length : 0 }
    }, pictures)
}

const photograph = async (page, element, around = 0) => {
    const { x, y, width, height } = await element.evaluate((e, around) => {
        e.scrollIntoView({ block: 'center', behavior: 'instant' })
        const r = e.getBoundingClientRect()
        return { x: r.x + scrollX - around, y: r.y + scrollY - around, width: r.width + 2 * around, height: r.height + 2 * around }
    }, around)
    return page.screenshot({ encoding: 'base64', captureBeyondViewport: false, clip: { x: Math.max(0, x), y: Math.max(0, y), width: Math.max(1, width), height: Math.max(1, height) } })
}

async function seen(t, settings, state) {
    const develop = await darkroom(t)
    const page = await t.world.page({ ...WIDE, ...settings })
    const phone = await t.world.page({ ...PHONE, ...settings })
    for (const [on, selector] of [...['skip', 'searchButton', 'theme', 'mark', 'copy', 'source', 'callout', 'next'].map(part => [page, parts[part]]),
        [page, `${parts.menu} a[href]`], [phone, parts.menuButton], [phone, parts.mark], [phone, parts.copy]]) {
        if (on.url() === 'about:blank') await on.go(CHAPTER)
        const element = await on.$(selector)
        if (!element) { t.check(false, `${state}: no ${selector}`); continue }
        if (selector === parts.skip) await element.focus()
        const { contrast } = await develop(await photograph(on, element))
        t.check(contrast >= 3, `${state}: ${selector} cannot be seen: its contrast is ${contrast.toFixed(1)}`)
        if (selector === parts.callout) continue
        // The ring shows: beside the element, with the focus and without it.
        await on.evaluate(() => document.activeElement.blur())
        if (selector === parts.skip) continue
        const without = await photograph(on, element, 6)
        await on.keyboard.press('Shift') // so that a focus counts as one by keyboard
        await element.focus()
        const { changed } = await develop(without, await photograph(on, element, 6))
        t.check(changed >= 20, `${state}: the focus on ${selector} cannot be seen`)
        await on.evaluate(() => document.activeElement.blur())
    }
    // What opens stands out from what it lies on, by an edge or a shade.
    for (const [what, selector] of [['evidence', `${parts.evidence}:popover-open`], ['search with results', `${parts.search}[open]`]]) {
        await page.go(CHAPTER)
        const blank = await page.$('body')
        await blank.evaluate(() => scrollTo(0, 0))
        await opened[what](page)
        const box = await page.$(selector)
        const edges = await box.evaluate(e => { const s = getComputedStyle(e); return { border: parseFloat(s.borderTopWidth), shadow: s.boxShadow } })
        t.check(settings.forced ? edges.border >= 1 : edges.border >= 1 || edges.shadow !== 'none', `${state}: ${what}: nothing shows where it ends`)
        const { contrast } = await develop(await photograph(page, box))
        t.check(contrast >= 4.5, `${state}: ${what} cannot be read: its contrast is ${contrast.toFixed(1)}`)
    }
    // Which result is chosen can be seen: with it chosen, and with another.
    const [first] = await page.$$(parts.result)
    const chosen = await photograph(page, first)
    await page.keyboard.press('ArrowDown')
    const other = await photograph(page, first)
    t.check((await develop(chosen, other)).changed >= 20, `${state}: which result is chosen cannot be seen`)
    await phone.done()
    await page.done()
}

export async function visible(t) {
    await seen(t, { scheme: 'light' }, 'light')
    await seen(t, { scheme: 'dark' }, 'dark')
}

export async function forcedColours(t) {
    const page = await t.world.page({ forced: true })
    await page.go(CHAPTER)
    t.check(await page.evaluate(() => matchMedia('(forced-colors: active)').matches), 'forced colours: the browser does not force them')
    await page.done()
    await seen(t, { forced: true, scheme: 'light' }, 'forced colours, light')
    await seen(t, { forced: true, scheme: 'dark' }, 'forced colours, dark')
}

export async function stillness(t) {
    const page = await t.world.page({ still: true })
    for (const [what, open] of Object.entries(opened)) {
        await page.go(CHAPTER)
        await open(page)
        const { moving, checked } = await page.evaluate(() => {
            const all = [...document.querySelectorAll('*')]
            const long = text => text.split(',').some(part => parseFloat(part) > 0.01)
            const moving = all.filter(e => [null, '::before', '::after', '::backdrop'].some(pseudo => {
                const s = getComputedStyle(e, pseudo)
                return long(s.transitionDuration) || (s.animationName !== 'none' && long(s.animationDuration)) || s.scrollBehavior === 'smooth'
            })).map(e => `<${e.tagName.toLowerCase()} id="${e.id}" class="${e.className}">`)
            return { moving: [...new Set(moving)].slice(0, 5), checked: all.length }
        })
        t.check(checked > 100, 'stillness: nothing on the page')
        t.check(moving.length === 0, `stillness, ${what}: these move for readers who asked for no motion: ${moving}`)
    }
    await page.done()
    await seen(t, { still: true }, 'still')
}

// --- On paper -----------------------------------------------------------

export async function paper(t) {
    const bare = text => text.replace(/\s+/g, '')
    const page = await t.world.page()
    for (const name of t.pages) {
        await page.go(name)
        const { texts, controls } = await page.evaluate(main => {
            const bare = text => text.replace(/\s+/g, '')
            const inMain = document.querySelector(main), said = inMain.innerText
            return {
                texts: [...inMain.querySelectorAll('h1, h2, h3, p, pre, dd')].filter(e => e.checkVisibility() && !e.closest('.evidence, .contents, .downloads')).map(e => {
                    const copy = e.cloneNode(true)
                    copy.querySelectorAll('button, .anchor').forEach(part => part.remove())
                    const line = copy.textContent.trim().split('\n')[0]
                    return e.closest('td') ? line.split(' ')[0] : line // a cell's lines stand between those of others
                }).filter(Boolean),
                controls: [...document.querySelectorAll('nav#book a, header a, header button, .listingblock button')]
                    .map(e => e.textContent.trim()).filter(text => text.length > 3 && !bare(said).includes(bare(text)))
            }
        }, parts.main)
        const printed = bare(execFileSync('pdftotext', ['-layout', '-', '-'], { input: await page.pdf({ format: 'a4' }), encoding: 'utf8' }))
        for (const text of texts) t.check(printed.includes(bare(text).slice(0, 30)), `${name}: not on paper: ${text.slice(0, 60)}`)
        t.check(controls.length > 3, `${name}: no controls to look for`)
        for (const text of new Set(controls)) t.check(!printed.includes(bare(text)), `${name}: on paper, where it does nothing: ${text}`)
    }
    // A reader who reads in the dark prints with dark ink all the same.
    await page.go(CHAPTER)
    await page.select(parts.theme, 'dark')
    await page.emulateMediaType('print')
    const { pale, inks } = await page.evaluate(main => {
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
        const contrastToWhite = colour => {
            canvas.fillStyle = '#fff'; canvas.fillRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1)
            const light = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
            return 1.05 / (light + 0.05)
        }
        const all = [...document.querySelector(main).querySelectorAll('*')].filter(e => e.checkVisibility() && !e.matches('.conum') && [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim()))
        return { inks: all.length, pale: [...new Set(all.filter(e => contrastToWhite(getComputedStyle(e).color) < 4.5).map(e => `<${e.tagName.toLowerCase()} class="${e.className}">`))].slice(0, 5) }
    }, parts.main)
    t.check(inks > 50, 'paper: no text')
    t.check(pale.length === 0, `paper: printed in the dark these are too pale: ${pale}`)
    await page.done()
}
