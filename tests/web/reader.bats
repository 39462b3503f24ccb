#!/usr/bin/env bats
# What readers do with the site, in both browsers.
load web

@test "reader: searching, in Chromium" {
    look search
}

@test "reader: searching, in Firefox" {
    look --browser firefox search
}

@test "reader: copying what listings show, in Chromium" {
    look copy
}

@test "reader: copying what listings show, in Firefox" {
    look --browser firefox copy
}

@test "reader: the calculator, in Chromium" {
    look calculator
}

@test "reader: the calculator, in Firefox" {
    look --browser firefox calculator
}

@test "reader: light and dark, in Chromium" {
    look theme
}

@test "reader: light and dark, in Firefox" {
    look --browser firefox theme
}

@test "reader: the keyboard alone, in Chromium" {
    look keyboard
}

@test "reader: the keyboard alone, in Firefox" {
    look --browser firefox keyboard
}

@test "reader: from the first page to the last and back, in Chromium" {
    look turn
}

@test "reader: from the first page to the last and back, in Firefox" {
    look --browser firefox turn
}

@test "reader: a claim's evidence in its place, in Chromium" {
    look evidence
}

@test "reader: a claim's evidence in its place, in Firefox" {
    look --browser firefox evidence
}

@test "reader: on a phone, without scripts, and on a page that is not there, in Chromium" {
    look phone withoutScripts lost
}

@test "reader: on a phone, without scripts, and on a page that is not there, in Firefox" {
    look --browser firefox phone withoutScripts lost
}

@test "reader: the site as a folder of files, in Chromium" {
    look --over file search copy calculator theme evidence phone
}

@test "reader: the site as a folder of files, in Firefox" {
    look --over file --browser firefox search copy calculator theme evidence phone
}
