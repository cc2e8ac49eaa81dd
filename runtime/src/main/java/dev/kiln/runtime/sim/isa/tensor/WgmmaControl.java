package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;

/** {@code wgmma.fence} and {@code wgmma.commit_group}. */
final class WgmmaControl extends TensorStep {
  /** What is done. */
  enum Action {
    FENCE,
    COMMIT
  }

  private final Action action;

  WgmmaControl(String mnemonic, Action action) {
    super(mnemonic);
    this.action = action;
  }

  @Override
  void execute(Warp warp) {
    WgmmaState state = warp.attached(WgmmaState.KEY);
    switch (action) {
      case FENCE -> state.fence();
      case COMMIT -> state.commit(this);
    }
  }
}
