// Other tabs of the app share the phone's store: what one changes, the others read anew.
// Browsers that have none are told so (static/field/fits.js), by a page that this file must not break.
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("fangxian-field") : null;

export function tellOthers(): void {
  channel?.postMessage("changed");
}

export function whenOthersChange(read: () => void): void {
  if (channel) channel.onmessage = read;
}
