package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;

/** {@code wgmma.fence}, {@code wgmma.commit_group} and {@code wgmma.wait_group}. */
final class WgmmaControl extends TensorStep {
  /** What is done. */
  enum Action {
    FENCE,
    COMMIT,
    WAIT
  }

  private final Action action;
  private final int most;

  /**
   * @param most groups that may be pending after a wait
   */
  WgmmaControl(String mnemonic, Action action, int most) {
    super(mnemonic);
    this.action = action;
    this.most = most;
  }

  @Override
  void execute(Warp warp) {
    WgmmaState state = warp.attached(WgmmaState.KEY);
    switch (action) {
      case FENCE -> state.fence();
      case COMMIT -> state.commit(this);
      case WAIT -> state.await(most, this);
    }
  }
}
