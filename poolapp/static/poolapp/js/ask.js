// Asks the server for JSON; what may go wrong on the way is said in the answer and never thrown.

const SILENT_MS = 8000;
const REFUSALS = [401, 403];

// `{ answer }`, or without one `{ isSignedOut, refusal }`; `refusal` is what the server says of why, if it says so.
export async function ask(address, options = {}) {
  const response = await fetch(address, {
    headers: { Accept: "application/json" },
    cache: "no-store",
    redirect: "manual",
    signal: AbortSignal.timeout(SILENT_MS),
    ...options,
  }).catch(() => null);
  const told = (await response?.json().catch(() => null)) ?? null;
  if (response?.ok && told) return { answer: told };
  // Whoever is not signed in is led to the page where one does: not to be followed, and no answer.
  const isSignedOut = response?.type === "opaqueredirect" || REFUSALS.includes(response?.status);
  return { isSignedOut, refusal: told };
}
