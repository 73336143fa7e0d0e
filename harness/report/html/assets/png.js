// SPDX-License-Identifier: MIT
// Decode the PNGs of frames exactly.  A canvas would not do: it multiplies colours by alpha, and in
// a picture of depth 32 colour is there where alpha is 0; of depth 30 alpha holds low bits.
"use strict";

xharness.png = (() => {
  const CHANNELS = { 0: 1, 2: 3, 6: 4 };

  async function inflate(parts) {
    const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** Undo the filters of the rows, in place; the bytes of the rows without the filters' numbers. */
  function unfilter(data, stride, rows, step) {
    const out = new Uint8Array(stride * rows);
    for (let y = 0; y < rows; y++) {
      const from = y * (stride + 1), to = y * stride, kind = data[from];
      for (let x = 0; x < stride; x++) {
        const left = x >= step ? out[to + x - step] : 0;
        const up = y ? out[to + x - stride] : 0;
        const corner = y && x >= step ? out[to + x - stride - step] : 0;
        let add = 0;
        if (kind === 1) add = left;
        else if (kind === 2) add = up;
        else if (kind === 3) add = (left + up) >> 1;
        else if (kind === 4) {
          const guess = left + up - corner;
          const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
          add = a <= b && a <= c ? left : b <= c ? up : corner;
        }
        out[to + x] = data[from + 1 + x] + add;
      }
    }
    return out;
  }

  /** {width, height, channels, at(x, y) -> values} of a PNG of 1 or 8 bits without palette. */
  async function decode(base64) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const parts = [];
    let header;
    for (let at = 8; at + 8 <= bytes.length;) {
      const length = view.getUint32(at);
      const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
      if (name === "IHDR") header = at + 8;
      if (name === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
      at += length + 12;
    }
    const [width, height] = [view.getUint32(header), view.getUint32(header + 4)];
    const [bits, kind] = [bytes[header + 8], bytes[header + 9]];
    const channels = CHANNELS[kind];
    if (!channels || (bits !== 8 && (bits !== 1 || kind !== 0))) throw new Error("not a frame's PNG");
    const stride = Math.ceil((width * channels * bits) / 8);
    const raw = unfilter(await inflate(parts), stride, height, Math.max(1, (channels * bits) >> 3));
    const value = bits === 8
      ? (x, y, channel) => raw[y * stride + x * channels + channel]
      : (x, y) => (raw[y * stride + (x >> 3)] >> (7 - (x & 7))) & 1;
    return { width, height, channels, bits, value };
  }

  /** The picture as a canvas shows it: alpha of depth 32 is kept, of others there is none. */
  function pixels(picture, depth) {
    const image = new ImageData(picture.width, picture.height);
    const { data } = image;
    // Few values of a small depth would all be almost black.
    const scale = picture.channels > 1 ? 1 : picture.bits === 1 ? 255 : 255 / ((1 << Math.min(depth, 8)) - 1);
    for (let y = 0, at = 0; y < picture.height; y++) {
      for (let x = 0; x < picture.width; x++, at += 4) {
        for (let channel = 0; channel < 3; channel++) {
          data[at + channel] = picture.value(x, y, picture.channels > 1 ? channel : 0) * scale;
        }
        data[at + 3] = depth === 32 && picture.channels === 4 ? picture.value(x, y, 3) : 255;
      }
    }
    return image;
  }

  /** The channels of a pixel as the server has them: [[name, value, digits of hex], ...]. */
  function channels(picture, depth, x, y) {
    if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return [];
    const value = (channel) => picture.value(x, y, channel);
    if (picture.channels === 1) return [["value", value(0)]];
    const names = ["red", "green", "blue"];
    if (depth === 30) {
      return names.map((name, at) => [name, (value(at) << 2) | ((value(3) >> (4 - 2 * at)) & 3)]);
    }
    // Their top bits were repeated to fill 8.
    const width = depth === 16 ? [5, 6, 5] : depth === 15 ? [5, 5, 5] : [8, 8, 8];
    const found = names.map((name, at) => [name, value(at) >> (8 - width[at])]);
    return depth === 32 ? [...found, ["alpha", value(3)]] : found;
  }

  return { decode, pixels, channels };
})();
