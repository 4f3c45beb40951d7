/**
 * The network: granted are `127.0.0.1:at.port` (a server that answers and redirects) and `127.0.0.1:at.freePort` (where
 * nobody listens); `at.otherPort` (which counts who connects) and everything else are not.
 *
 * @module
 */

import { type Attempt, attempts } from "./_attempt.ts";

const url = (host: string) => "`http://" + host + ":${at.otherPort}/`";
const fetching = (address: string) => `return (await fetch(${address})).status`;

const ADDRESSES = attempts("A6", {
  "fetch of another port": fetching(url("127.0.0.1")),
  "fetch of localhost": fetching(url("localhost")),
  "fetch of a short address": fetching(url("127.1")),
  "fetch of a hexadecimal address": fetching(url("0x7f000001")),
  "fetch of a number": fetching(url("2130706433")),
  "fetch of an octal address": fetching(url("0177.0.0.1")),
  "fetch of 0.0.0.0": fetching(url("0.0.0.0")),
  "fetch of a mapped address": fetching(url("[::ffff:127.0.0.1]")),
  "fetch of another loopback address": fetching(url("127.0.0.2")),
  "fetch of the granted port under another name":
    "return (await fetch(`http://localhost:${at.port}/ok`)).status",
  "fetch of the granted port under another address":
    "return (await fetch(`http://127.0.0.2:${at.port}/ok`)).status",
  "fetch with user and password":
    "return (await fetch(`http://127.0.0.1:${at.port}@127.0.0.1:${at.otherPort}/`)).status",
  "fetch of a URL object that changes":
    "const u = new URL(`http://127.0.0.1:${at.port}/ok`); const r = new Request(u); u.port = at.otherPort; return (await fetch(new Request(u, r))).status",
}, { unproven: { "fetch with user and password": "fetch refuses user and password in an address" } });

const WAYS = attempts("A6", {
  "a redirect": "return (await fetch(`http://127.0.0.1:${at.port}/redirect`)).status === 299",
  "a chain of redirects": "return (await fetch(`http://127.0.0.1:${at.port}/chain`)).status === 299",
  "a redirect of a POST":
    "return (await fetch(`http://127.0.0.1:${at.port}/redirect307`, { method: 'POST', body: 'x' })).status === 299",
  "a redirect to a file": "return await (await fetch(`http://127.0.0.1:${at.port}/to-file`)).text()",
  "a proxy of a client":
    "const client = Deno.createHttpClient({ proxy: { url: `http://127.0.0.1:${at.otherPort}` } }); return (await fetch(`http://127.0.0.1:${at.port}/ok`, { client })).status === 299",
  "a SOCKS proxy of a client":
    "const client = Deno.createHttpClient({ proxy: { url: `socks5://127.0.0.1:${at.otherPort}` } }); try { await fetch(`http://127.0.0.1:${at.port}/ok`, { client }) } catch (error) { return /socks|proxy|connect/i.test(String(error)) && !/NotCapable|requires net/i.test(String(error)) }",
  "a client to a Unix socket":
    "const client = Deno.createHttpClient({ proxy: { transport: 'unix', path: at.socket } }); return (await fetch('http://localhost/', { client })).status",
  "Deno.connect": "(await Deno.connect({ hostname: '127.0.0.1', port: at.otherPort })).close(); return true",
  "Deno.connect to IPv6":
    "(await Deno.connect({ hostname: '::1', port: at.otherPort })).close(); return true",
  "Deno.connect to a Unix socket":
    "(await Deno.connect({ transport: 'unix', path: at.socket })).close(); return true",
  "Deno.connect to an object that changes":
    "let n = 0; (await Deno.connect({ get hostname() { return '127.0.0.1' }, get port() { return n++ === 0 ? at.port : at.otherPort } })).close(); return n > 0 && 'see the count'",
  "Deno.connectTls":
    "try { await Deno.connectTls({ hostname: '127.0.0.1', port: at.otherPort }) } catch (error) { return !/NotCapable|requires net|not a function/i.test(String(error)) }",
  "Deno.connect, then TLS elsewhere":
    "const connection = await Deno.connect({ hostname: '127.0.0.1', port: at.port }); try { await Deno.startTls(connection, { hostname: 'elsewhere.example' }) } catch { /* no TLS there */ } return false",
  "a WebSocket that is redirected":
    "const socket = new WebSocket(`ws://127.0.0.1:${at.port}/redirect`); await new Promise((done) => { socket.onopen = socket.onerror = done }); return false",
  "WebSocket":
    "const socket = new WebSocket(`ws://127.0.0.1:${at.otherPort}/`); return await new Promise((done) => { socket.onopen = () => done(true); socket.onerror = (event) => done(/handshake|failed to connect|status/i.test(event.message ?? '')) })",
  "WebSocketStream":
    "const socket = new WebSocketStream(`ws://127.0.0.1:${at.otherPort}/`); try { await socket.opened; return true } catch (error) { return /handshake|failed to connect|status/i.test(String(error)) }",
  "EventSource":
    "const source = new EventSource(`http://127.0.0.1:${at.otherPort}/events`); const got = await new Promise((done) => { source.onopen = () => done(true); source.onerror = () => done(false) }); source.close(); return got",
  "UDP":
    "const socket = Deno.listenDatagram({ port: 0, transport: 'udp', hostname: '127.0.0.1' }); const n = await socket.send(new Uint8Array(1), { transport: 'udp', hostname: '127.0.0.1', port: at.udpPort }); socket.close(); return n",
  "DNS":
    "try { return await Deno.resolveDns('localhost', 'A', { nameServer: { ipAddr: '127.0.0.1', port: at.udpPort } }) } catch (error) { return !/NotCapable|requires net|not a function/i.test(String(error)) }",
  "QUIC":
    "const endpoint = new Deno.QuicEndpoint({ hostname: '127.0.0.1' }); try { await Deno.connectQuic({ hostname: '127.0.0.1', port: at.udpPort, alpnProtocols: ['x'], endpoint }) } catch (error) { return !/NotCapable|requires net|not a/i.test(String(error)) }",
  "WebTransport":
    "const transport = new WebTransport(`https://127.0.0.1:${at.udpPort}/`); try { await transport.ready; return true } catch (error) { return !/NotCapable|requires net/i.test(String(error)) }",
  "importScripts": "importScripts(`http://127.0.0.1:${at.otherPort}/x.js`); return true",
  "navigator.sendBeacon": "return navigator.sendBeacon(`http://127.0.0.1:${at.otherPort}/`)",
  "a source map":
    "const error = new Error('x'); error.stack = `Error\\n at x (http://127.0.0.1:${at.otherPort}/x.js:1:1)`; throw error",
  "cloud metadata":
    "return (await fetch('http://169.254.169.254/latest/meta-data/', { signal: AbortSignal.timeout(300) })).status",
}, {
  unproven: {
    "a SOCKS proxy of a client": "the server does not speak SOCKS",
    "a redirect to a file": "fetch follows no redirect to a file",
    "Deno.connect, then TLS elsewhere": "the count shows whether it worked",
    "a WebSocket that is redirected": "the count shows whether it worked",
    "EventSource": "the count shows whether it worked",
    "Deno.connectTls": "the server does not speak TLS",
    "importScripts": "only classic workers have it",
    "navigator.sendBeacon": "Deno has none",
    "a source map": "nothing fetches it; the count would show it",
    "cloud metadata": "there is none here",
    "QUIC": "nobody answers",
    "WebTransport": "nobody answers",
    "DNS": "nobody answers in time",
  },
});

const LISTENS = attempts("A8", {
  "Deno.listen on the granted host and port":
    "Deno.listen({ hostname: '127.0.0.1', port: at.freePort }).close(); return true",
  "Deno.listen on any port": "Deno.listen({ hostname: '127.0.0.1', port: 0 }).close(); return true",
  "Deno.listenTls":
    "Deno.listenTls({ hostname: '127.0.0.1', port: at.freePort, cert: 'x', key: 'x' }); return true",
  "Deno.listen on a Unix socket":
    "Deno.listen({ transport: 'unix', path: at.granted + '/socket' }).close(); return true",
  "Deno.serve":
    "const server = Deno.serve({ hostname: '127.0.0.1', port: at.freePort, onListen() {} }, () => new Response()); await server.shutdown(); return true",
  "Deno.listenDatagram":
    "Deno.listenDatagram({ hostname: '127.0.0.1', port: at.freePort, transport: 'udp' }).close(); return true",
  "Deno.listen on a virtual socket":
    "Deno.listen({ transport: 'vsock', cid: -1, port: 4242 }).close(); return true",
}, {
  unproven: {
    "Deno.listenTls": "needs a certificate",
    "Deno.listen on a virtual socket": "this machine may have none",
  },
});

export const NETWORK: readonly Attempt[] = [...ADDRESSES, ...WAYS, ...LISTENS];
