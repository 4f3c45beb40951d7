import assert from "node:assert/strict";
import { withoutPlaces } from "./_places.ts";

Deno.test("withoutPlaces takes away where parts of a bundle were found, and nothing else", () => {
  const bundle = `// ../../home/me/.cache/deno/npm/a/1.0.0/index.js
var require_a = __commonJS({
  "../../home/me/.cache/deno/npm/a/1.0.0/index.js"(exports) {
    exports.path = "../a/index.js"; // ../kept
  }
});
// .cache/npm/host/b/1.0.0/lib/b.js
var require_b = __commonJS({
  ".cache/npm/host/b/1.0.0/lib/b.js"(exports) {
  }
});
// src/own.ts
using file = open();
`;
  assert.equal(
    withoutPlaces(bundle),
    `var require_a = __commonJS({
  "index.js"(exports) {
    exports.path = "../a/index.js"; // ../kept
  }
});
var require_b = __commonJS({
  "b.js"(exports) {
  }
});
// src/own.ts
using file = open();
`,
  );
});
