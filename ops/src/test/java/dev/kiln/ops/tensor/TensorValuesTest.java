package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What operations give, where arithmetic is exact. */
class TensorValuesTest {
  private final Context context = new Context(Devices.cpu(), 1);
  private final Tensor x = context.of(new float[] {1, -2, 3, -4, 5, -6}, 2, 3);

  @AfterEach
  void close() {
    context.close();
  }

  private static void assertTensor(Tensor tensor, long[] shape, double... values) {
    assertThat(tensor.shape()).containsExactly(shape);
    assertThat(tensor.toDoubles()).containsExactly(values);
  }

  private static long[] s(long... extents) {
    return extents;
  }

  @Test
  void arithmeticBroadcasts() {
    Tensor row = context.of(new float[] {10, 20, 30});
    Tensor column = context.of(new float[] {1, 2}, 2, 1);
    assertTensor(x.add(row), s(2, 3), 11, 18, 33, 6, 25, 24);
    assertTensor(column.mul(row), s(2, 3), 10, 20, 30, 20, 40, 60);
    assertTensor(x.rsub(1), s(2, 3), 0, 3, -2, 5, -4, 7);
    assertTensor(row.div(10).pow(2), s(3), 1, 4, 9);
    assertTensor(x.clamp(-2, 3), s(2, 3), 1, -2, 3, -2, 3, -2);
    assertTensor(x.transpose(0, 1).add(column.squeeze(1)), s(3, 2), 2, -2, -1, 7, 4, -4);
  }

  @Test
  void integersStayIntegers() {
    Tensor i = context.of(new int[] {7, -7, 2});
    assertThat(i.add(1).dtype()).isEqualTo(DType.I32);
    assertTensor(i.div(2), s(3), 3, -3, 1);
    assertThat(i.sum().dtype()).isEqualTo(DType.I64);
    assertThat(i.sum().item()).isEqualTo(2);
    assertTensor(i.cumsum(0), s(3), 7, 0, 2);
    assertTensor(i.maximum(0), s(3), 7, 0, 2);
  }

  @Test
  void comparisonsAndLogicGiveTruths() {
    Tensor positive = x.gt(0);
    assertThat(positive.dtype()).isEqualTo(DType.I1);
    assertTensor(positive, s(2, 3), 1, 0, 1, 0, 1, 0);
    assertTensor(positive.not().and(x.lt(-3)), s(2, 3), 0, 0, 0, 1, 0, 1);
    assertTensor(positive.or(x.eq(-2)), s(2, 3), 1, 1, 1, 0, 1, 0);
    assertTensor(positive.where(x, x.neg()), s(2, 3), 1, 2, 3, 4, 5, 6);
    assertTensor(x.maskedFill(positive, 0), s(2, 3), 0, -2, 0, -4, 0, -6);
    assertThat(positive.any().item()).isEqualTo(1);
    assertTensor(positive.all(1), s(2), 0, 0);
    Tensor odd = context.of(new float[] {Float.NaN, Float.POSITIVE_INFINITY, 1});
    assertTensor(odd.isNan(), s(3), 1, 0, 0);
    assertTensor(odd.isFinite(), s(3), 0, 0, 1);
  }

  @Test
  void roundingGoesItsWays() {
    Tensor y = context.of(new float[] {-1.5f, -0.5f, 0.5f, 1.5f, 2.5f});
    assertTensor(y.floor(), s(5), -2, -1, 0, 1, 2);
    assertTensor(y.ceil(), s(5), -1, -0.0, 1, 2, 3);
    assertTensor(y.trunc(), s(5), -1, -0.0, 0, 1, 2);
    assertTensor(y.round(), s(5), -2, -0.0, 0, 2, 2);
    assertTensor(y.sign(), s(5), -1, -1, 1, 1, 1);
  }

  @Test
  void reductionsTakeAxes() {
    assertTensor(x.sum(0), s(3), -3, 3, -3);
    assertTensor(x.sum(true, -1), s(2, 1), 2, -5);
    assertTensor(x.mean(), s(), -0.5);
    assertTensor(x.prod(1), s(2), -6, 120);
    assertTensor(x.amax(1), s(2), 3, 5);
    assertTensor(x.min(0).values(), s(3), -4, -2, -6);
    assertTensor(x.min(0).indices(), s(3), 1, 0, 1);
    assertTensor(x.argmax(1), s(2), 2, 1);
    assertThat(x.argmin().item()).isEqualTo(5);
    assertTensor(x.variance(0, false, 0), s(3), 6.25, 12.25, 20.25);
    assertTensor(
        x.std(1, false, 0),
        s(3),
        (float) Math.sqrt(12.5),
        (float) Math.sqrt(24.5),
        (float) Math.sqrt(40.5));
  }

  @Test
  void viewsShareMemory() {
    Tensor t = x.transpose(0, 1);
    assertTensor(t, s(3, 2), 1, -4, -2, 5, 3, -6);
    assertThat(t.storage()).isSameAs(x.storage());
    assertThat(x.reshape(3, 2).storage()).isSameAs(x.storage());
    assertThat(x.slice(1, 1, 3).reshape(2, 1, 2).storage()).isSameAs(x.storage());
    assertThat(t.reshape(6).storage()).isNotSameAs(x.storage());
    assertTensor(t.reshape(6), s(6), 1, -4, -2, 5, 3, -6);
    assertTensor(x.slice(1, 0, 3, 2), s(2, 2), 1, 3, -4, -6);
    assertTensor(x.slice(1, -2, -1), s(2, 1), -2, 5);
    assertTensor(x.select(0, -1), s(3), -4, 5, -6);
    assertTensor(x.narrow(1, -2, 2), s(2, 2), -2, 3, 5, -6);
    assertTensor(x.expand(2, 2, 3).select(0, 1), s(2, 3), 1, -2, 3, -4, 5, -6);
    List<Tensor> parts = x.chunk(2, 1);
    assertTensor(parts.get(0), s(2, 2), 1, -2, -4, 5);
    assertTensor(parts.get(1), s(2, 1), 3, -6);
    assertTensor(x.diagonal(1), s(2), -2, -6);
    assertTensor(x.flatten().unflatten(0, 3, -1), s(3, 2), 1, -2, 3, -4, 5, -6);
  }

  @Test
  void shapesOfManyAxesArePermuted() {
    double[] numbers = context.arange(DType.FP64, 2 * 3 * 2 * 3 * 2 * 2).toDoubles();
    Tensor many = context.of(DType.FP32, numbers, 2, 3, 2, 3, 2, 2);
    Tensor permuted = many.permute(5, 3, 1, 4, 2, 0);
    assertThat(permuted.contiguous().toDoubles()).containsExactly(permuted.toDoubles());
  }

  @Test
  void copiesInAnotherOrder() {
    assertTensor(x.flip(1), s(2, 3), 3, -2, 1, -6, 5, -4);
    assertTensor(x.roll(1, 1), s(2, 3), 3, 1, -2, -6, -4, 5);
    assertTensor(x.pad(1, 1, 0, 9), s(2, 4), 9, 1, -2, 3, 9, -4, 5, -6);
    assertTensor(x.tril(0), s(2, 3), 1, 0, 0, -4, 5, 0);
    assertTensor(x.triu(1), s(2, 3), 0, -2, 3, 0, 0, -6);
    assertTensor(
        x.slice(1, 0, 2).repeat(2, 2),
        s(4, 4),
        1,
        -2,
        1,
        -2,
        -4,
        5,
        -4,
        5,
        1,
        -2,
        1,
        -2,
        -4,
        5,
        -4,
        5);
    assertTensor(Tensor.cat(0, x, x.neg()).select(0, 2), s(3), -1, 2, -3);
    assertTensor(Tensor.stack(2, x, x.neg()).select(2, 1), s(2, 3), -1, 2, -3, 4, -5, 6);
  }

  @Test
  void choicesByIndex() {
    Tensor index = context.of(new long[] {2, 0, 0, 1}, 2, 2);
    assertTensor(x.gather(1, index), s(2, 2), 3, 1, -4, 5);
    assertTensor(x.indexSelect(1, context.of(new int[] {1, 1})), s(2, 2), -2, -2, 5, 5);
    Tensor ones = context.ones(DType.FP32, 2, 2);
    assertTensor(x.scatterAdd(1, index, ones), s(2, 3), 2, -2, 4, -3, 6, -6);
    assertTensor(x.scatter(1, index, ones), s(2, 3), 1, -2, 1, 1, 1, -6);
    assertTensor(context.of(new long[] {1, 3}).oneHot(3, DType.FP32), s(2, 3), 0, 1, 0, 0, 0, 0);
    Indexed best = x.topK(2, 1);
    assertTensor(best.values(), s(2, 2), 3, 1, 5, -4);
    assertTensor(best.indices(), s(2, 2), 2, 0, 1, 0);
    assertTensor(x.sort(0).values(), s(2, 3), -4, -2, -6, 1, 5, 3);
    assertTensor(x.cumsum(1), s(2, 3), 1, -1, 2, -4, 1, -5);
    assertTensor(x.cumprod(1), s(2, 3), 1, -2, -6, -4, -20, 120);
  }

  @Test
  void productsOfAllRanks() {
    Tensor a = context.of(new float[] {1, 2, 3, 4}, 2, 2);
    Tensor v = context.of(new float[] {1, -1});
    assertTensor(a.matmul(a), s(2, 2), 7, 10, 15, 22);
    assertTensor(a.matmul(v), s(2), -1, -1);
    assertTensor(v.matmul(a), s(2), -2, -2);
    assertTensor(v.matmul(v), s(), 2);
    assertTensor(v.outer(v), s(2, 2), 1, -1, -1, 1);
    Tensor batch = Tensor.stack(0, a, a.neg());
    assertTensor(batch.matmul(a), s(2, 2, 2), 7, 10, 15, 22, -7, -10, -15, -22);
    assertTensor(a.matmul(batch), s(2, 2, 2), 7, 10, 15, 22, -7, -10, -15, -22);
    assertTensor(
        batch.unsqueeze(1).matmul(batch).select(1, 1).select(0, 0), s(2, 2), -7, -10, -15, -22);
    assertTensor(batch.matmul(v), s(2, 2), -1, -1, 1, 1);
    assertTensor(
        context.zeros(DType.FP32, 2, 0).matmul(context.zeros(DType.FP32, 0, 1)), s(2, 1), 0, 0);
  }

  @Test
  void dropoutKeepsTheExpectationAndDrawsCounters() {
    Tensor ones = context.ones(DType.FP32, 100, 100);
    long before = context.random().offset();
    Tensor dropped = ones.dropout(0.25, true);
    assertThat(context.random().offset()).isEqualTo(before + 10_000);
    assertThat(dropped.toFloats()).containsOnly(0, (float) (1 / 0.75));
    assertThat(dropped.mean().item()).isEqualTo(1, org.assertj.core.api.Assertions.within(0.02));
    assertThat(ones.dropout(0.25, false)).isSameAs(ones);
  }

  @Test
  void autocastComputesProductsLowAndSumsHigh() {
    try (Mode _ = context.autocast(DType.BF16)) {
      Tensor y = x.matmul(x.transpose(0, 1));
      assertThat(y.dtype()).isEqualTo(DType.BF16);
      assertThat(y.exp().dtype()).isEqualTo(DType.FP32);
      assertThat(y.softmax(-1).dtype()).isEqualTo(DType.FP32);
      assertThat(y.add(context.ones(DType.FP32, 2, 2)).dtype()).isEqualTo(DType.FP32);
      assertThat(y.relu().dtype()).isEqualTo(DType.BF16);
    }
    assertThat(x.matmul(x.transpose(0, 1)).dtype()).isEqualTo(DType.FP32);
  }
}
