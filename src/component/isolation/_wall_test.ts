import assert from "node:assert/strict";
import { covers, innerWall, outerWall } from "./_wall.ts";

const PROGRAM = { path: "/opt/osiris", args: [], env: {}, reads: [], caches: [] };

Deno.test("outerWall() covers what was foreseen, what is made below later, and nothing beside", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(`${folder}/in`);
    await Deno.mkdir(`${folder}/out`);
    const grants = {
      net: ["db.example:5432"],
      read: [`${folder}/in/a.csv`],
      write: [`${folder}/out/new/b.csv`],
    };
    const wall = outerWall(PROGRAM, grants);
    await Deno.mkdir(`${folder}/out/new`);
    const none = { net: [], read: [], write: [] };
    assert.equal(covers(wall, grants), true);
    assert.equal(covers(wall, { ...none, write: [`${folder}/out/new/.b.csv.scratch`] }), true);
    assert.equal(covers(wall, { ...none, net: ["other.example:5432"] }), true); // the kernel knows ports, Deno hosts
    assert.equal(covers(wall, { ...none, net: ["db.example:5433"] }), false);
    assert.equal(covers(wall, { ...none, write: [`${folder}/in/a.csv`] }), false);
    assert.equal(covers(wall, { ...none, read: [`${folder}/other.csv`] }), false);
    await Deno.mkdir(`${folder}/in-between`);
    assert.equal(covers(wall, { ...none, read: [`${folder}/in-between/c.csv`] }), false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("innerWall() lets a driver start nothing, write what it was granted, and look up names only to reach hosts", () => {
  const grants = { net: [], read: ["/data/in.csv"], write: ["/data/.scratch"] };
  const wall = innerWall(PROGRAM, grants);
  assert.deepEqual([wall.run, wall.write, wall.connect], [[], grants.write, []]);
  assert.ok(wall.read.includes("/data/in.csv"));
  for (const path of wall.read) {
    assert.doesNotMatch(path, /^\/(?:etc\/(?!localtime)|proc|sys|home|root|tmp|opt)/);
  }
  assert.deepEqual(innerWall(PROGRAM, { ...grants, net: ["[::1]:80"] }).connect, [80]);
});
