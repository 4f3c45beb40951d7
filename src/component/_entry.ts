import type { SourceCode } from "./catalog.ts";

/** The text of the module a worker starts with: first the glue, which closes the ways out, then the drivers. */
export function entryText({ urls, relations }: SourceCode): string {
  const lines = relations ? forRelations(Object.entries(urls)) : forAny(Object.entries(urls));
  return `${lines.join("\n")}\n`;
}

type Modules = readonly (readonly [component: string, url: string])[];

/** The bundler leaves out of this what moves rows: a worker starts in less time without it. */
function forRelations(modules: Modules): string[] {
  return [
    `import { serve } from ${own("./_serve.ts")};`,
    ...modules.map(([, url], at) => `import driver${at} from ${JSON.stringify(url)};`),
    "serve({",
    ...modules.map(([component], at) => `  ${JSON.stringify(component)}: driver${at},`),
    "});",
  ];
}

/**
 * A driver's failure to load is caught and told. The literal `import()` is resolved with the host's
 * rights, so the worker itself needs no right to read.
 */
function forAny(modules: Modules): string[] {
  return [
    `import { failedToLoad, serve } from ${own("./_serve.ts")};`,
    `import { decodeBatch } from ${own("./_decode.ts")};`,
    "try {",
    "  serve({",
    ...modules.map(([component, url]) =>
      `    ${JSON.stringify(component)}: (await import(${JSON.stringify(url)})).default,`
    ),
    "  }, decodeBatch);",
    "} catch (error) {",
    "  failedToLoad(error);",
    "}",
  ];
}

function own(file: string): string {
  return JSON.stringify(new URL(file, import.meta.url).href);
}
