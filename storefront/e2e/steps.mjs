/** Fails the step unless the condition holds. */
export function expect(condition, message) {
  if (!condition) throw new Error(message);
}

/**
 * Names the steps of a script, so that a failure says where it was. `browsers` are those of `openBrowser` that the script works
 * with, by the name of the screenshot that is taken when it fails.
 */
export function createSteps(browsers) {
  const last = 'no problems were recorded';
  const recorded = () => Object.values(browsers).flatMap(({ problems }) => problems);
  let step = 'start';

  function begin(name) {
    step = name;
    console.log(`- ${name}`);
  }

  /** Runs the script, and fails it when a page had problems. Closes the browsers. */
  async function run(script) {
    try {
      await script();
      begin(last);
      expect(recorded().length === 0, recorded().join('\n  '));
      console.log('1 passed, 0 failed');
    } catch (error) {
      for (const [name, { fail }] of Object.entries(browsers)) await fail(name);
      console.error(`failed at: ${step}\n  ${error.message}`);
      if (step !== last && recorded().length > 0) console.error(`recorded problems:\n  ${recorded().join('\n  ')}`);
      console.log('0 passed, 1 failed');
      process.exitCode = 1;
    } finally {
      for (const { close } of Object.values(browsers)) await close();
    }
  }

  return { begin, run };
}
