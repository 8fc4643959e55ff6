// The time on the wall, in the page's language and in the zone of all other times on the page.
import type { Mount } from "./core";

export const mount: Mount = (element) => {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    month: "long",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    timeZone: element.dataset.zone || undefined,
  });
  const show = (): void => void (element.textContent = format.format(new Date()));
  show();
  const timer = window.setInterval(show, 5000);
  return () => window.clearInterval(timer);
};
