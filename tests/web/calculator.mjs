// The calculator's arithmetic and forms, without a browser.
//
//     node calculator.mjs compare PROGRAM [TIMES]
//         the same TIMES (300) values, random but always the same ones, for
//         examples/estimate: they must agree; else 1, and where
//     node calculator.mjs fill FORM IDLE INTERVAL COUNT MS
//         print that form (a file) with the values filled in
//     node calculator.mjs page FILE
//         the forms as they stand in that page are those that the values
//         to begin with give; else 1, and where
//     node calculator.mjs refuse NAME VALUE...
//         what the page says to each of these values, a line each

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { estimate, fill, read, fields } = createRequire(import.meta.url)('../../book/theme/calculator.js')
const [verb, ...given] = process.argv.slice(2)

// What the program says, in the calculator's words.
function told(program, want) {
    const words = Object.entries(want).flatMap(([name, value]) => [`--${name}`, String(value)])
    const text = execFileSync(program, words, { encoding: 'utf8', timeout: 10000 })
    const number = pattern => Number(pattern.exec(text)[1])
    return {
        first: number(/a probe every (\d+) s/), givenUp: number(/given up (\d+) s/), soonest: number(/that is (\d+) s/), forgiven: number(/up to (\d+) s are/),
        spare: !want.patience ? -1 : /may forget/.test(text) ? -1 : number(/forgiven: (\d+)/)
    }
}

// Small and large values alike, from one seed (the multiplier and the
// increment are those of Numerical Recipes).
let seed = 1
function random(least, most) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.min(most, Math.max(least, Math.floor(Math.exp(seed / 2 ** 32 * Math.log(most + 1)))))
}

if (verb === 'compare') {
    const [program, times = 300] = given
    let wrong = 0
    for (let i = 0; i < times; i += 1) {
        const want = {
            idle: random(1, 32767), interval: random(1, 32767), count: random(1, 127),
            'user-timeout': i % 2 ? random(1, 2147483647) : 0, patience: i % 3 ? random(1, 31536000) : 0
        }
        const [ours, theirs] = [estimate(want), told(program, want)].map(is => JSON.stringify(is))
        if (ours !== theirs) {
            console.log(`${JSON.stringify(want)}: the page says ${ours}, the program ${theirs}`)
            wrong += 1
        }
    }
    console.log(`${times} compared, ${wrong} differ`)
    process.exitCode = wrong ? 1 : 0
} else if (verb === 'fill') {
    const [form, idle, interval, count, timeout] = given
    console.log(fill(readFileSync(form, 'utf8').trimEnd(), { idle, interval, count, 'user-timeout': timeout }))
} else if (verb === 'page') {
    const text = html => html.replace(/<[^>]*>/g, '').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&')
    const page = readFileSync(given[0], 'utf8')
    const want = Object.fromEntries(fields.map(([name]) => [name, parseInt(new RegExp(`data-${name}="(\\d+)`).exec(page)?.[1] ?? 0, 10)]))
    const forms = [...page.matchAll(/ data-template="([^"]*)".*?<pre[^>]*>(.*?)<[/]pre>/gs)]
    const wrong = forms.filter(([, template, shown]) => fill(text(template), want) !== text(shown))
    for (const [, , shown] of wrong) console.log(`not what was chosen: ${text(shown)}`)
    console.log(`${forms.length} forms, ${wrong.length} differ`)
    process.exitCode = wrong.length || !forms.length ? 1 : 0
} else if (verb === 'refuse') {
    const [name, ...values] = given
    const [, words, unit, without] = fields.find(field => field[0] === name)
    for (const value of values) console.log(read(value, { words, unit, without, least: 1, most: 32767 })[1] || 'taken')
} else {
    console.error('usage: calculator.mjs compare|fill|refuse ...')
    process.exitCode = 2
}
