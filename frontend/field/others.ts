// Other tabs of the app share the phone's store: what one changes, the others read anew.
const channel = new BroadcastChannel("fangxian-field");

export function tellOthers(): void {
  channel.postMessage("changed");
}

export function whenOthersChange(read: () => void): void {
  channel.onmessage = read;
}
