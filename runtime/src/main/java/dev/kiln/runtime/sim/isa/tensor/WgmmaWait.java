package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.WaitingStep;
import dev.kiln.runtime.sim.exec.Warp;

/**
 * {@code wgmma.wait_group}. An operation is one of the whole warpgroup: it is complete, for each of
 * the four warps, when all have executed it. So a warp that has waited knows that nobody of its
 * warpgroup still reads the matrices; libraries let one thread tell the producer.
 */
final class WgmmaWait extends WaitingStep {
  private static final int WARPS = 4;

  private final String mnemonic;
  private final int most;

  /**
   * @param mnemonic for messages
   * @param most groups that may be pending afterwards
   */
  WgmmaWait(String mnemonic, int most) {
    this.mnemonic = mnemonic;
    this.most = most;
  }

  @Override
  public boolean aligned() {
    return true;
  }

  @Override
  public Wait arrive(Warp warp) {
    TensorStep.requireWhole(warp, mnemonic);
    var wait = new Others(warp, warp.attached(WgmmaState.KEY).committed() - most);
    if (!wait.over()) {
      return wait;
    }
    leave(warp, wait);
    return null;
  }

  @Override
  public void leave(Warp warp, Wait wait) {
    ((Others) wait).complete();
    warp.attached(WgmmaState.KEY).await(most, this);
  }

  /**
   * The other warps have to commit the groups too.
   *
   * @param groups how many have to be complete
   */
  private record Others(Warp warp, long groups) implements Wait {
    @Override
    public boolean over() {
      return behind() < 0;
    }

    /** The number of a warp that has not come so far; -1 if there is none. */
    private int behind() {
      for (int i = 0; i < WARPS && groups > 0; i++) {
        Warp other = other(i);
        if (other != null && other.attached(WgmmaState.KEY).committed() < groups) {
          return other.index;
        }
      }
      return -1;
    }

    private Warp other(int number) {
      Warp other = warp.block.warp((warp.index & -WARPS) + number);
      return other == null || other == warp || other.present() == 0 ? null : other;
    }

    void complete() {
      for (int i = 0; i < WARPS; i++) {
        Warp other = other(i);
        if (other != null) {
          other.attached(WgmmaState.KEY).completeGroups(groups);
        }
      }
    }

    @Override
    public String describe() {
      return "warp %d of its warpgroup to commit its wgmma".formatted(behind());
    }
  }
}
