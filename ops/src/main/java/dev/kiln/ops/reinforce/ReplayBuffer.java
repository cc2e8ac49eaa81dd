package dev.kiln.ops.reinforce;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The last steps of an agent, in memory of the device, from which batches are drawn evenly and with
 * replacement (Lin, 1992; Mnih et al., 2015). When it is full, the oldest go.
 */
public final class ReplayBuffer implements Stateful, AutoCloseable {
  private final Context context;
  private final int capacity;
  private final int width;
  private final Map<String, Tensor> columns = new LinkedHashMap<>();
  private long added;

  /**
   * Steps, each a row.
   *
   * @param observations before, {@code count x width}
   * @param actions {@code count x 1}, i64
   * @param rewards {@code count}
   * @param next observations after, {@code count x width}
   * @param terminal {@code count}, 1 where there is no after
   */
  public record Steps(
      Tensor observations, Tensor actions, Tensor rewards, Tensor next, Tensor terminal) {}

  /**
   * @param capacity most steps that are held
   * @param width numbers of an observation
   */
  public ReplayBuffer(Context context, int capacity, int width) {
    if (capacity < 1 || width < 1) {
      throw new KilnException(
          "ReplayBuffer: capacity (%d) and width (%d) must be positive".formatted(capacity, width));
    }
    this.context = context;
    this.capacity = capacity;
    this.width = width;
    add("observations", DType.FP32, capacity, width);
    add("actions", DType.FP32, capacity, 1);
    add("rewards", DType.FP32, capacity);
    add("next", DType.FP32, capacity, width);
    add("terminal", DType.FP32, capacity);
  }

  private void add(String name, DType dtype, long... shape) {
    columns.put(name, context.zeros(dtype, shape).persist());
  }

  /** How many steps are held. */
  public int size() {
    return (int) Math.min(added, capacity);
  }

  /**
   * Adds a step.
   *
   * @param observation before the action
   * @throws KilnException if an observation has another number of numbers
   */
  public void add(float[] observation, int action, Environment.Outcome outcome) {
    if (observation.length != width || outcome.observation().length != width) {
      throw new KilnException(
          "ReplayBuffer: observations must have %d numbers, but have %d and %d"
              .formatted(width, observation.length, outcome.observation().length));
    }
    int row = (int) (added % capacity);
    write("observations", row, observation);
    write("actions", row, action);
    write("rewards", row, (float) outcome.reward());
    write("next", row, outcome.observation());
    write("terminal", row, outcome.isTerminal() ? 1 : 0);
    added++;
  }

  private void write(String name, int row, float... values) {
    NdArray column = columns.get(name).array();
    column.narrow(0, row, row + 1).set(values);
    columns.get(name).changedInPlace();
  }

  /**
   * Draws steps.
   *
   * @throws KilnException if there are none
   */
  public Steps sample(int count, SplittableRandom random) {
    if (size() == 0) {
      throw new KilnException("ReplayBuffer: there is nothing to draw from yet");
    }
    int[] rows = new int[count];
    for (int i = 0; i < count; i++) {
      rows[i] = random.nextInt(size());
    }
    Tensor index = context.of(rows, count);
    return new Steps(
        rows("observations", index),
        rows("actions", index).to(DType.I64),
        rows("rewards", index),
        rows("next", index),
        rows("terminal", index));
  }

  private Tensor rows(String name, Tensor index) {
    return columns.get(name).indexSelect(0, index);
  }

  @Override
  public void save(StateWriter out) {
    columns.forEach((name, column) -> out.array(name, column.array()));
    out.value("added", added);
  }

  @Override
  public void load(StateReader in) {
    columns.forEach((name, column) -> in.array(name, column.changedInPlace().array()));
    added = in.value("added", Long.class);
  }

  @Override
  public void close() {
    columns.values().forEach(Tensor::close);
  }
}
