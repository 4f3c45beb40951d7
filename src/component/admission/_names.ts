/** What of the realm's globals stays for code from outside. Everything that is not here is gone. */
export const GLOBALS: ReadonlySet<string> = new Set([
  // The language.
  ..."globalThis self global Infinity NaN undefined Object Array Boolean String Symbol Number BigInt Math Date"
    .split(" "),
  ..."JSON RegExp Promise Proxy Reflect Map Set WeakMap WeakSet WeakRef FinalizationRegistry Iterator".split(
    " ",
  ),
  ..."Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError".split(" "),
  ..."SuppressedError DisposableStack AsyncDisposableStack Intl Temporal WebAssembly Atomics".split(" "),
  ..."ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array"
    .split(" "),
  ..."Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array".split(" "),
  ..."parseFloat parseInt isFinite isNaN encodeURI encodeURIComponent decodeURI decodeURIComponent".split(
    " ",
  ),
  ..."escape unescape".split(" "),
  // The web's, as far as it computes.
  ..."AbortController AbortSignal Blob File FileReader FormData Headers URL URLPattern URLSearchParams".split(
    " ",
  ),
  ..."TextDecoder TextEncoder TextDecoderStream TextEncoderStream CompressionStream DecompressionStream"
    .split(" "),
  ..."ReadableStream ReadableStreamDefaultReader ReadableStreamBYOBReader ReadableStreamBYOBRequest".split(
    " ",
  ),
  ..."ReadableStreamDefaultController ReadableByteStreamController TransformStream".split(" "),
  ..."TransformStreamDefaultController WritableStream WritableStreamDefaultWriter".split(" "),
  ..."WritableStreamDefaultController ByteLengthQueuingStrategy CountQueuingStrategy".split(" "),
  ..."Event EventTarget CustomEvent ErrorEvent CloseEvent MessageEvent ProgressEvent".split(" "),
  ..."PromiseRejectionEvent DOMException QuotaExceededError".split(" "),
  ..."Crypto CryptoKey SubtleCrypto crypto Performance PerformanceEntry PerformanceMark".split(" "),
  ..."PerformanceMeasure performance atob btoa structuredClone queueMicrotask".split(" "),
  ..."setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate Buffer".split(" "),
  // Told to the host instead of done.
  ..."console close reportError".split(" "),
]);

/** What of the globals stays where the step was granted a host. */
export const NET_GLOBALS: readonly string[] = ["fetch", "Request", "Response", "WebSocket"];

/** What of `Deno` every driver has. */
export const DENO: readonly string[] = ["build", "version", "errors", "inspect", "noColor", "exit"];

/** What of it a driver has that may read files, those that may write, those that may do either, and those with a host. */
export const READS: readonly string[] = both([
  "readFile",
  "readTextFile",
  "readDir",
  "stat",
  "lstat",
  "realPath",
]);
export const WRITES: readonly string[] = both(
  ["writeFile", "writeTextFile", "mkdir", "remove", "rename", "copyFile", "create", "truncate"],
);
export const OPENERS: readonly string[] = ["open", "openSync", "SeekMode"];
export const NET_DENO: readonly string[] = ["connect", "connectTls", "startTls"];

/** Each of them also in the form that waits. */
function both(names: readonly string[]): string[] {
  return names.flatMap((name) => [name, `${name}Sync`]);
}
