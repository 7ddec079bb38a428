// A worker in a hidden frame: browsers start none for a page that was opened from the disk, and search needs one.
class FrameWorker extends EventTarget {
  constructor(url) {
    super();
    const frame = document.createElement("iframe");
    frame.hidden = true;
    frame.srcdoc = "<!doctype html><title>search</title>";
    this.ready = new Promise((resolve) => {
      frame.addEventListener("load", () => {
        const inner = frame.contentWindow;
        const load = (source) => new Promise((done, fail) => {
          const script = inner.document.createElement("script");
          script.src = source;
          script.onload = done;
          script.onerror = fail;
          inner.document.head.append(script);
        });
        inner.postMessage = (data) => this.tell(data);
        inner.importScripts = (...sources) => sources.reduce((before, next) => before.then(() => load(next)), Promise.resolve());
        load(url).then(() => resolve(inner));
      }, { once: true });
    });
    document.documentElement.append(frame);
  }

  tell(data) {
    const message = new MessageEvent("message", { data });
    this.dispatchEvent(message);
    if (this.onmessage) this.onmessage(message);
  }

  postMessage(data) {
    this.ready.then((inner) => inner.dispatchEvent(new inner.MessageEvent("message", { data })));
  }

  terminate() {}
}

if (location.protocol === "file:") window.Worker = FrameWorker;
