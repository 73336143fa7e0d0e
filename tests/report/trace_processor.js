// SPDX-License-Identifier: MIT
// Runs Perfetto's trace processor, as its page does in a worker: requests on stdin, replies on stdout.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const folder = process.argv[2];

// What a worker has and Node.js lacks, as far as the bundle needs it.
globalThis.self = globalThis;
globalThis.WorkerGlobalScope = globalThis;
globalThis.importScripts = () => {};
globalThis.location = { href: `file://${folder}/engine_bundle.js` };
globalThis.XMLHttpRequest = class {
  open(_method, url) {
    this.url = url;
  }
  send() {
    this.status = 200;
    this.response = new Uint8Array(fs.readFileSync(path.join(folder, path.basename(this.url)))).buffer;
  }
};
for (const name of ["log", "info", "warn"]) console[name] = console.error;
delete globalThis.process.versions.node;

vm.runInThisContext(fs.readFileSync(path.join(folder, "engine_bundle.js"), "utf8"));
const port = { postMessage: (reply) => fs.writeSync(1, Buffer.from(reply)) };
globalThis.onmessage({ data: port });
process.stdin.on("data", (request) => port.onmessage({ data: new Uint8Array(request) }));
process.stdin.on("end", () => process.exit(0));
