#!/usr/bin/env node
/** The command `groundplan`. It stands apart from what is built, so that npm finds it when it installs. */
import '../dist/cli/main.js'
