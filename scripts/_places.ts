/** A bundle's text without where on this machine its parts were found, so that every build gives the same. @module */

/** What the bundler says of a part that is not the checkout's own: a line of its own, or the name of a CommonJS module. */
const COMMENT = /^ *\/\/ (?:(?:\.\.\/)+|\S*\b(?:npm|node_modules)\/)\S+\n/gm;
const MODULE = /^( *)"(?:(?:\.\.\/)+|[^"\s]*\b(?:npm|node_modules)\/)(?:[^"\n]*\/)?([^"/\n]+)"(?=\()/gm;

/** The same program, without the places. */
export function withoutPlaces(bundle: string): string {
  return bundle.replaceAll(COMMENT, "").replaceAll(MODULE, '$1"$2"');
}
