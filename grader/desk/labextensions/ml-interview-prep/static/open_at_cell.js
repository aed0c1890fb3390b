// JupyterLab and Notebook follow #cell-id=... in a link between notebooks, but not in an address that is opened from
// outside, such as a tile's on the page /start. This follows it there, once the notebook is open.
//
// Written by hand in the form of a prebuilt extension: it needs none of JupyterLab's own modules.
(function () {
  const { pathname, hash } = window.location; // as asked for: JupyterLab drops the fragment when it starts
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  const isInView = (cell) => {
    const { top, bottom } = cell.node.getBoundingClientRect();
    return bottom > 0 && top < window.innerHeight;
  };

  async function reveal(panel, id) {
    await panel.revealed;
    const cell = panel.content.widgets.find(({ model }) => model.id === id);
    // While a notebook is being drawn it scrolls to its own first cell, too, and the last to ask wins.
    for (let tries = 0; cell && tries < 20 && !isInView(cell); tries++) {
      await panel.content.setFragment(hash);
      await pause(250);
    }
  }

  function activate({ shell }) {
    const [name, id] = hash.split("=").map(decodeURIComponent);
    if (name !== "#cell-id" || !shell.currentChanged) return;
    const onChanged = () => {
      const panel = shell.currentWidget;
      const path = panel?.context?.path;
      if (!path || !panel.content?.setFragment || !decodeURIComponent(pathname).endsWith(`/${path}`)) return;
      shell.currentChanged.disconnect(onChanged);
      reveal(panel, id);
    };
    shell.currentChanged.connect(onChanged);
    onChanged();
  }

  const plugin = { id: "ml-interview-prep:open-at-cell", autoStart: true, activate };
  const container = { init: () => undefined, get: async () => () => ({ __esModule: true, default: plugin }) };
  window._JUPYTERLAB = { ...window._JUPYTERLAB, "ml-interview-prep": container };
})();
