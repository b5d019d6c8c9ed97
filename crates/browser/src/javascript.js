// Host modules in JavaScript: evaluated in the worker with only the names that they may use. It knows no values and no
// declaration: the prelude and Rust do.

const ask = setTimeout;

/** All names that code in this worker finds around it. */
function around() {
  const names = new Set();
  for (let object = globalThis; object !== null; object = Object.getPrototypeOf(object)) {
    for (const name of Object.getOwnPropertyNames(object)) names.add(name);
  }
  return [...names].filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
}

function blob(text) {
  return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}

/**
 * Evaluates the prelude and a host module over it; gives what both export. `allowed` are the names that the module may
 * use, `host` what the prelude needs.
 */
export async function load(prelude, name, text, allowed, host) {
  const urls = [], names = [];
  const made = (text) => (urls.push(blob(text)), urls.at(-1));
  const called = (text, name) => {
    names.push([made(`${text}\n//# sourceURL=${name}`), name]);
    return urls.at(-1);
  };
  // Not every engine has sources called in its stacks as they say.
  const stack = (text) => names.reduce((text, [url, name]) => text.replaceAll(url, name), text);
  try {
    const tools = await import(called(prelude, host.name));
    // Timers of browsers are coarse, and may be early: what is not due yet is looked for again.
    const timer = (ms) => ask(look, ms);
    const look = () => {
      while (tools.wait() === 0) {
        try {
          tools.fire();
        } catch (error) {
          host.print(`Uncaught ${error}\n`);
        }
      }
      if (tools.wait() > 0) timer(Math.ceil(tools.wait()));
    };
    tools.attach({ call: host.call, drop: host.drop, print: host.print, now: () => performance.now(), timer, stack });
    const own = { console: tools.console, setTimeout: tools.setTimeout, clearTimeout: tools.clearTimeout };
    const found = Object.create(null);
    for (const name of allowed) if (name in globalThis) found[name] = globalThis[name];
    Object.assign(found, own, { globalThis: found });
    const hidden = new Set(around().filter((name) => !allowed.includes(name)));
    const shadows = new Map([["globalThis", "all"], ["console", "log"], ["setTimeout", "later"], ["clearTimeout", "never"]]);
    // Strict code can bind neither; `eval` is gone.
    for (const name of ["eval", "arguments"]) hidden.delete(name);
    for (;;) {
      // What the module declares itself hides the worker's name as well, and cannot be declared twice.
      const given = [...shadows].map(([name, as]) => `${as} as ${name}`).join(", ");
      const url = made(`export let all, log, later, never; export function give(a, b, c, d) { [all, log, later, never] = [a, b, c, d]; }`);
      (await import(url)).give(found, own.console, own.setTimeout, own.clearTimeout);
      const nothing = hidden.size > 0 ? `const ${[...hidden].map((name) => `${name} = undefined`).join(", ")}; ` : "";
      const head = `import { ${given} } from ${JSON.stringify(url)}; ${nothing}`;
      try {
        return { tools, exports: await import(called(`${head}${text}`, name)) };
      } catch (error) {
        const twice = error instanceof SyntaxError ? declared_twice(error.message, shadows, hidden) : undefined;
        if (twice === undefined) return { tools, error };
        shadows.delete(twice);
        hidden.delete(twice);
      }
    }
  } finally {
    urls.forEach((url) => URL.revokeObjectURL(url));
  }
}

/** The hidden name that a module declares, by what an engine says of it. */
function declared_twice(message, shadows, hidden) {
  if (!/declar|shadow/i.test(message)) return undefined;
  return message.match(/[A-Za-z_$][\w$]*/g).findLast((word) => shadows.has(word) || hidden.has(word));
}
