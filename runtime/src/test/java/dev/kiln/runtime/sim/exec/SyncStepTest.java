package dev.kiln.runtime.sim.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.SimFault;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SyncStepTest {
  private final List<Integer> masks = new ArrayList<>();

  @Test
  void lanesWaitAtASyncStepForAllMembers() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane < 16);
    program.branch(0, false, "low", "end");
    program.run(w -> {}).branch("sync");
    program.label("low").run(w -> {}).run(w -> {});
    program.label("sync").sync(-1, w -> masks.add(w.active));
    program.label("end");
    program.launch(1, 32);
    assertThat(masks).containsExactly(-1);
  }

  @Test
  void lanesWithDifferentMasksAtOneStepRunInGroups() {
    TestProgram program = new TestProgram();
    program.step(
        new WarpSyncStep() {
          @Override
          public int members(Warp warp, int lane) {
            return lane % 2 == 0 ? 0x55555555 : 0xaaaaaaaa;
          }

          @Override
          public void run(Warp warp) {
            masks.add(warp.active);
          }
        });
    program.run(w -> masks.add(w.active));
    program.launch(1, 32);
    assertThat(masks).containsExactlyInAnyOrder(0x55555555, 0xaaaaaaaa, -1);
    assertThat(masks.getLast()).isEqualTo(-1);
  }

  @Test
  void exitedMembersAreNotWaitedFor() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane >= 8).exit(0).sync(-1, w -> masks.add(w.active));
    program.launch(1, 32);
    assertThat(masks).containsExactly(0xff);
  }

  @Test
  void membersThatExitWhileOthersWaitSetThemFree() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane < 8);
    program.branch(0, false, "wait", "end");
    program.exit(-1);
    program.label("wait").sync(-1, w -> masks.add(w.active));
    program.label("end");
    program.launch(1, 32);
    assertThat(masks).containsExactly(0xff);
  }

  @Test
  void membersThatNeverComeAreADeadlockThatSaysWhoWaits() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane < 16);
    program.branch(0, false, "a", "end");
    program.sync(-1, w -> masks.add(w.active)).branch("end");
    program.label("a").sync(-1, w -> masks.add(w.active));
    program.label("end");
    assertThatThrownBy(() -> program.launch(1, 32))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> {
              assertThat(fault.kind()).isEqualTo(LaneFault.Kind.DEADLOCK);
              assertThat(fault).hasMessageContaining("lanes 0-15 waits for lanes 16-31");
              assertThat(fault).hasMessageContaining("lanes 16-31 waits for lanes 0-15");
            });
    assertThat(masks).isEmpty();
  }

  @Test
  void aGuardedSyncStepWaitsForMembersOutsideOfItsGuard() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane < 4);
    program.guarded(() -> new Gathering(0xf), 0, false);
    program.run(w -> masks.add(w.active));
    program.launch(1, 32);
    assertThat(masks).containsExactly(0xf, -1);
  }

  private final class Gathering extends WarpSyncStep {
    private final int members;

    Gathering(int members) {
      this.members = members;
    }

    @Override
    public int members(Warp warp, int lane) {
      return members;
    }

    @Override
    public void run(Warp warp) {
      masks.add(warp.active);
    }
  }
}
