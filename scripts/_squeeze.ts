/**
 * A bundle's text without white space, comments and long names, which every start would have to read.
 *
 * The bundler's own `--minify` does more than that: it takes `using x = …` for a `const`, and where x is used
 * once nothing is ever disposed of (evanw/esbuild#4482, in Deno 2.6 to 2.9). What it calls syntax stays as it is.
 *
 * @module
 */

import { stop, transform } from "esbuild";

/** The same program in fewer characters. */
export async function squeezed(bundle: string): Promise<string> {
  try {
    const { code } = await transform(bundle, {
      minifyWhitespace: true,
      minifyIdentifiers: true,
      minifySyntax: false,
      legalComments: "none",
      target: "esnext",
      format: "esm",
    });
    return code;
  } finally {
    await stop();
  }
}
