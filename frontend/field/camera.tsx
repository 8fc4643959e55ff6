// Reads codes by the camera, with a reader that works without a network.
import { useEffect, useRef, useState } from "preact/hooks";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import wasm from "zxing-wasm/reader/zxing_reader.wasm?url";
import { t } from "./text";
import { Button, Notice } from "./ui";

const LOOK_EVERY = 120;
// More pixels take longer and show no more of a code that is held before the camera.
const WIDEST = 960;

prepareZXingModule({ overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? wasm : prefix + path) } });

export function Camera({ onCode, onClose }: { onCode: (code: string) => void; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [failed, setFailed] = useState<"" | "denied" | "none">("");
  const found = useRef(onCode);
  found.current = onCode;

  useEffect(() => {
    let current = true;
    let stream: MediaStream | null = null;
    dialog.current?.showModal();
    const run = async (): Promise<void> => {
      const how = { video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false };
      stream = await navigator.mediaDevices.getUserMedia(how);
      const shown = video.current;
      if (!current || !shown) return stop(stream);
      shown.srcObject = stream;
      await shown.play();
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("2d", { willReadFrequently: true });
      while (current && context) {
        const code = await read(shown, canvas, context);
        if (code && current) {
          navigator.vibrate?.(60);
          found.current(code);
          return;
        }
        await new Promise((next) => setTimeout(next, LOOK_EVERY));
      }
    };
    run().catch((error: unknown) => {
      if (current) setFailed(error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "none");
    });
    return () => {
      current = false;
      stop(stream);
    };
  }, []);

  return (
    <dialog class="ff-camera" ref={dialog} aria-label={t("Read a code")} onClose={onClose}>
      {failed ? <NoCamera denied={failed === "denied"} /> : <video ref={video} playsInline muted />}
      {!failed && <p>{t("Hold the code into the picture.")}</p>}
      <Button icon="close" onClick={onClose}>
        {t("Close")}
      </Button>
    </dialog>
  );
}

function stop(stream: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop());
}

async function read(video: HTMLVideoElement, canvas: HTMLCanvasElement, context: CanvasRenderingContext2D): Promise<string> {
  if (!video.videoWidth) return "";
  const scale = Math.min(1, WIDEST / video.videoWidth);
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  const codes = await readBarcodes(context.getImageData(0, 0, canvas.width, canvas.height), { maxNumberOfSymbols: 1 });
  return codes[0]?.text ?? "";
}

/** Said where the camera can't be had. */
function NoCamera({ denied }: { denied: boolean }) {
  return (
    <Notice kind="warn" title={denied ? t("The app may not use the camera.") : t("The camera can't be opened.")}>
      <p>{denied ? t("Allow it in the settings of the browser, or type the code.") : t("Close other apps that use it, or type the code.")}</p>
    </Notice>
  );
}
