// Looks at the site in a browser, as its readers do.
//
//     node web.mjs [OPTION]... SCENARIO...
//
//     --browser NAME  chromium (the default) or firefox
//     --site DIR      the site's folder (build/site)
//     --over WAY      http (the default) or file, as after a download
//     --seconds N     how long one scenario may take (240)
//     --list          prints the scenarios, and nothing else
//
// A scenario is a function exported by look.mjs or reader.mjs. What is
// wrong is printed, a line each. Exit status: 0 all is well, 1 something
// is wrong or nothing was there to be looked at, 2 wrong usage.

import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BROWSERS, start } from './browser.mjs'
import * as look from './look.mjs'
import * as reader from './reader.mjs'

const scenarios = { ...look, ...reader }
const project = fileURLToPath(new URL('../..', import.meta.url))

function usage(error) {
    console.error(`${error}\nusage: node web.mjs [--browser ${BROWSERS.join('|')}] [--site DIR] [--over http|file] [--seconds N] [--list] SCENARIO...`)
    process.exit(2)
}

function settings() {
    try {
        const { values, positionals } = parseArgs({
            allowPositionals: true,
            options: {
                browser: { type: 'string', default: BROWSERS[0] }, site: { type: 'string', default: resolve(project, 'build/site') },
                over: { type: 'string', default: 'http' }, seconds: { type: 'string', default: '240' }, list: { type: 'boolean', default: false }
            }
        })
        if (!BROWSERS.includes(values.browser)) throw new Error(`no browser '${values.browser}'`)
        if (!['http', 'file'].includes(values.over)) throw new Error(`no way '${values.over}'`)
        if (!(Number(values.seconds) > 0)) throw new Error(`no number of seconds: '${values.seconds}'`)
        for (const name of positionals) if (!scenarios[name]) throw new Error(`no scenario '${name}'`)
        if (!values.list && positionals.length === 0) throw new Error('which scenario?')
        return { ...values, names: positionals }
    } catch (error) {
        usage(error.message)
    }
}

// Runs one scenario in a browser of its own; returns what is wrong.
async function run(name, { browser, site, over, seconds }) {
    const scenario = scenarios[name], wrong = []
    const world = await start({ browser, site, over, scripts: !scenario.withoutScripts })
    // The page for lost addresses stands for any, so only a server shows it.
    const files = readdirSync(world.site).filter(file => file.endsWith('.html') && (over === 'http' || file !== '404.html')).sort()
    const isPage = file => /<nav[^>]* id="?book\b/.test(readFileSync(join(world.site, file), 'utf8'))
    let seen = 0, limit
    const t = {
        world, project,
        // The site's pages, and the books that are one file each.
        pages: files.filter(isPage), whole: files.filter(file => !isPage(file)),
        wrong: text => wrong.push(text),
        // Every check goes through one of these two, so they are counted.
        check(truth, text) { seen += 1; if (!truth) wrong.push(text) },
        async until(page, text, ...what) {
            seen += 1
            try {
                await page.waitForFunction(...what.length === 1 ? [what[0], { timeout: 5000 }] : [what[0], { timeout: 5000 }, ...what.slice(1)])
            } catch (error) {
                throw new Error(`${page.at()}: ${text}${/imeout|exceeded/.test(error.message) ? '' : ` (${error.message})`}`)
            }
        }
    }
    try {
        await Promise.race([scenario(t), new Promise((_, late) => {
            limit = setTimeout(() => late(new Error(`not done after ${seconds} s`)), seconds * 1000)
        })])
    } catch (error) {
        wrong.push(error.name === 'Error' ? error.message : error.stack)
    }
    clearTimeout(limit)
    await world.end()
    wrong.push(...world.problems)
    if (seen === 0) wrong.push('nothing was looked at')
    const each = new Set(wrong)
    console.log(`${name}, ${browser}, over ${over}: ${seen} checks, ${each.size} wrong`)
    return each
}

const { list, names, ...how } = settings()
if (list) {
    console.log(Object.keys(scenarios).sort().join('\n'))
} else {
    let failed = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1)) // which ends the browser
    for (const name of names) {
        for (const text of await run(name, how)) {
            failed = true
            console.log(`${name}: ${text}`)
        }
    }
    process.exit(failed ? 1 : 0)
}
