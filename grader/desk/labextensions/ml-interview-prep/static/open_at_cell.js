// JupyterLab and Notebook follow #cell-id=... in a link between notebooks, but not in an address that is opened from
// outside, such as a tile's on the page /start; and while a notebook is being drawn it scrolls to its own first cell,
// which on a slow machine comes last. This scrolls to the cell that a link names until it stays in view.
//
// Written by hand in the form of a prebuilt extension: it needs none of JupyterLab's own modules.
(function () {
  const { pathname, hash } = window.location; // as asked for: JupyterLab drops the fragment when it starts
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  const isInView = (cell) => {
    const { top, bottom } = cell.node.getBoundingClientRect();
    return bottom > 0 && top < window.innerHeight;
  };

  async function reveal(panel, fragment) {
    await panel.revealed;
    const id = decodeURIComponent(fragment.split("=")[1]);
    const cell = panel.content.widgets.find(({ model }) => model.id === id);
    for (let tries = 0, calm = 0; cell && calm < 4 && tries < 60; tries++) {
      calm = isInView(cell) ? calm + 1 : 0;
      if (!calm) await panel.content.setFragment(fragment);
      await pause(250);
    }
  }

  function activate({ shell }) {
    if (!shell.currentChanged) return;
    let onChanged = () => undefined; // what waits for the notebook of the last link
    const follow = (address, fragment) => {
      if (!fragment.startsWith("#cell-id=")) return;
      shell.currentChanged.disconnect(onChanged);
      onChanged = () => {
        const panel = shell.currentWidget;
        const path = panel?.context?.path;
        if (!path || !panel.content?.setFragment || !decodeURIComponent(address).endsWith(`/${path}`)) return;
        shell.currentChanged.disconnect(onChanged);
        reveal(panel, fragment);
      };
      shell.currentChanged.connect(onChanged);
      onChanged();
    };
    follow(pathname, hash);
    const onClick = ({ target }) => {
      const link = target.closest?.("a[href*='#cell-id=']");
      if (link) follow(link.pathname, link.hash);
    };
    document.addEventListener("click", onClick, true);
  }

  const plugin = { id: "ml-interview-prep:open-at-cell", autoStart: true, activate };
  const container = { init: () => undefined, get: async () => () => ({ __esModule: true, default: plugin }) };
  window._JUPYTERLAB = { ...window._JUPYTERLAB, "ml-interview-prep": container };
})();
