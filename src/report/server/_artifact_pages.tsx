/**
 * A file of a session, shown and handed out. What is in it was made by strangers: it is shown as text, or as a
 * picture of a kind that cannot hold a script, in a frame without scripts or an origin; and it is handed out only to
 * be saved.
 *
 * @module
 */

import { bytes } from "../../amounts.ts";
import type { Artifact } from "../../session/mod.ts";
import type { Markup } from "../_markup.ts";
import { Page } from "../_page.tsx";
import { artifactAs, runAddress } from "./_addresses.ts";

/** So much of a text is shown; all of it is in the file. */
const MOST_TEXT = 262_144;
/** A larger picture is not shown. */
const MOST_PICTURE = 4_000_000;

/** The page of an artifact: its preview in a frame, and the way to have it. */
export function ArtifactPage(
  { session, artifact, nonce }: {
    readonly session: string;
    readonly artifact: Artifact;
    readonly nonce: string;
  },
): Markup {
  const id = `${artifact.step}/${artifact.name}`;
  const path = [{ name: "Runs", href: "/" }, { name: session, href: runAddress(session) }, { name: id }];
  return (
    <Page title={id} nonce={nonce} path={path}>
      <h1>{id}</h1>
      <ul class="facts">
        <li>{bytes(artifact.bytes)}</li>
        <li>
          <a href={artifactAs(session, id, "/download")} download>Download</a>
        </li>
      </ul>
      <iframe
        class="preview"
        sandbox=""
        title={`Content of ${id}`}
        src={artifactAs(session, id, "/content")}
      />
    </Page>
  );
}

/** What the frame shows. */
export async function ArtifactContent(
  { artifact, nonce }: { readonly artifact: Artifact; readonly nonce: string },
): Promise<Markup> {
  const start = await firstBytes(artifact.path, MOST_PICTURE);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{artifact.name}</title>
        <style nonce={nonce}>
          {":root{color-scheme:light dark}pre{white-space:pre-wrap;overflow-wrap:anywhere}"}
        </style>
      </head>
      <body>{contentOf(artifact, start)}</body>
    </html>
  );
}

function contentOf(artifact: Artifact, start: Uint8Array): Markup {
  const picture = pictureType(start);
  if (picture !== undefined && artifact.bytes <= MOST_PICTURE) {
    return <img src={`data:${picture};base64,${start.toBase64()}`} alt={artifact.name} />;
  }
  const text = textOf(start.subarray(0, MOST_TEXT), artifact.bytes <= MOST_TEXT);
  if (text === undefined) return <p>This file is no text. Download it to see it.</p>;
  const cut = artifact.bytes > MOST_TEXT;
  return (
    <>
      {cut ? <p>{`The first ${bytes(MOST_TEXT)} of ${bytes(artifact.bytes)}:`}</p> : null}
      <pre>{text}</pre>
    </>
  );
}

async function firstBytes(path: string, most: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const buffer = new Uint8Array(Math.min(size, most));
  let filled = 0;
  for (let read: number | null = 0; read !== null && filled < buffer.length; filled += read ?? 0) {
    read = await file.read(buffer.subarray(filled));
  }
  return buffer.subarray(0, filled);
}

/** By its first bytes, whatever the name says: a kind that browsers draw and never run. */
function pictureType(start: Uint8Array): string | undefined {
  const begins = (...bytes: number[]) => bytes.every((byte, at) => start[at] === byte);
  if (begins(0x89, 0x50, 0x4e, 0x47)) return "image/png";
  if (begins(0xff, 0xd8, 0xff)) return "image/jpeg";
  if (begins(0x47, 0x49, 0x46, 0x38)) return "image/gif";
  return undefined;
}

/** The text of bytes; undefined when they are none. A letter that the cut went through is left out. */
function textOf(start: Uint8Array, whole: boolean): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: !whole });
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
