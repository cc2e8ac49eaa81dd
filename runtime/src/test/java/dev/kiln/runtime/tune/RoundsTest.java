package dev.kiln.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Device;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.Test;

class RoundsTest {
  private final List<Integer> timed = new ArrayList<>();

  private static <T> T stub(Class<T> type, Object answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> answer));
  }

  /**
   * Plays rounds.
   *
   * @param nanos first times
   * @param later time of a trial, by its number and how many times were taken before
   */
  private double[] play(
      boolean warmsUp, int rounds, double[] nanos, ToDoubleBiFunction<Integer, Integer> later) {
    Device device = stub(Device.class, warmsUp);
    List<Trial> trials = new ArrayList<>();
    for (int i = 0; i < nanos.length; i++) {
      trials.add(stub(Trial.class, device));
    }
    TrialTimer timer =
        new TrialTimer() {
          @Override
          public double nanos(Trial trial) {
            int number = 0;
            while (trials.get(number) != trial) {
              number++;
            }
            double time = later.applyAsDouble(number, timed.size());
            timed.add(number);
            return time;
          }

          @Override
          public int rounds(Device ignored) {
            return rounds;
          }
        };
    new Rounds(timer, trials, nanos).play();
    return nanos;
  }

  @Test
  void thoseThatAreCloseAreTimedByTurns() {
    double[] nanos = play(false, 2, new double[] {100, 120, 200}, (i, n) -> i == 0 ? 110.0 : 90);
    assertThat(nanos).containsExactly(100, 90, 200);
    assertThat(timed).containsExactly(0, 1, 0, 1);
  }

  @Test
  void itEndsWhenNothingBecomesFaster() {
    play(false, 50, new double[] {100, 100}, (i, n) -> n < 4 ? 90.0 - 10 * (n / 2) : 99);
    assertThat(timed).hasSize(2 * 2 + 2 * 3);
  }

  @Test
  void whereCodeIsCompiledMeanwhileNobodyIsLeftOutAtFirst() {
    double[] nanos =
        play(true, 50, new double[] {1000, 100}, (i, n) -> i == 0 && n > 5 ? 50.0 : 100);
    assertThat(nanos).containsExactly(50, 100);
    assertThat(timed.subList(0, 12)).contains(0, 1);
    assertThat(timed.subList(12, timed.size())).containsOnly(0);
  }

  @Test
  void oneTrialNeedsNoRounds() {
    play(true, 50, new double[] {100}, (i, n) -> 1.0);
    assertThat(timed).isEmpty();
  }
}
