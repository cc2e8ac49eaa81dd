package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each error names the operation, the shapes and the rule. */
class TensorErrorsTest {
  private static final Context CONTEXT = new Context(Devices.cpu(), 1);
  private static final Context OTHER = new Context(Devices.cpu(), 1);

  @AfterAll
  static void close() {
    CONTEXT.close();
    OTHER.close();
  }

  record Fault(String message, Consumer<Tensor> operation) {
    @Override
    public String toString() {
      return message;
    }
  }

  private static Tensor of(long... shape) {
    return CONTEXT.zeros(DType.FP32, shape);
  }

  private static Tensor of(DType dtype, long... shape) {
    return CONTEXT.zeros(dtype, shape);
  }

  /** Of a tensor fp32[2, 3]. */
  static Stream<Fault> faults() {
    return Stream.of(
        new Fault(
            "add: shapes [2, 3] and [2] cannot be broadcast: axis 1 from the right is 3 and 2",
            x -> x.add(of(2))),
        new Fault(
            "mul: tensor fp32[2, 3] and tensor fp16[3] must have one dtype; convert one with"
                + " to(...)",
            x -> x.mul(of(DType.FP16, 3))),
        new Fault(
            "sub: tensor fp32[2, 3] and tensor i32[3] must have one dtype; convert one with"
                + " to(...)",
            x -> x.sub(of(DType.I32, 3))),
        new Fault(
            "add: inputs must be of one context, but tensor fp32[2, 3] is of another",
            x -> x.add(OTHER.zeros(DType.FP32, 2, 3))),
        new Fault(
            "exp: needs floats, but is tensor i32[2]; convert it with to(...)",
            x -> of(DType.I32, 2).exp()),
        new Fault(
            "pow: needs floats, but is tensor i32[2]; convert it with to(...)",
            x -> of(DType.I32, 2).pow(2)),
        new Fault(
            "add: 0.5 is no whole number, but the tensor is tensor i32[2]; convert it with to(...)",
            x -> of(DType.I32, 2).add(0.5)),
        new Fault(
            "relu: needs floats, but is tensor i32[2]; convert it with to(...)",
            x -> of(DType.I32, 2).relu()),
        new Fault(
            "gated: the last axis must be of even length, but is tensor fp32[2, 3]",
            x -> x.gated(Activation.GELU)),
        new Fault(
            "learnable_prelu: tensor fp32[2] must be a vector of one number, or of one for each"
                + " channel of tensor fp32[2, 3]",
            x -> x.prelu(of(2))),
        new Fault("softmax: axis 2 is out of range for 2 axes", x -> x.softmax(2)),
        new Fault(
            "dropout: p must be at least 0 and less than 1, but is 1.0", x -> x.dropout(1, true)),
        new Fault("sum: axis 2 is out of range for 2 axes", x -> x.sum(2)),
        new Fault("sum: the axes [1, -1] of tensor fp32[2, 3] name one twice", x -> x.sum(1, -1)),
        new Fault(
            "mean: needs floats, but is tensor i64[2]; convert it with to(...)",
            x -> of(DType.I64, 2).mean()),
        new Fault(
            "amax: no numbers have no largest: the axes [0] of tensor fp32[0, 3] are empty",
            x -> of(0, 3).amax(0)),
        new Fault("max: axis 0 of tensor fp32[0] is empty", x -> of(0).max(0)),
        new Fault(
            "matmul: the last axis of tensor fp32[2, 3] must be as long as axis 0 of tensor"
                + " fp32[2, 3]",
            x -> x.matmul(of(2, 3))),
        new Fault(
            "matmul: the last axis of tensor fp32[2, 3] must be as long as axis 0 of tensor"
                + " fp32[2]",
            x -> x.matmul(of(2))),
        new Fault(
            "matmul: tensor fp32[2, 3] and tensor fp32[] must be vectors, matrices or batches; use"
                + " mul for a number",
            x -> x.matmul(of())),
        new Fault(
            "matmul: shapes [2] and [3] cannot be broadcast: axis 1 from the right is 2 and 3",
            x -> of(2, 2, 2).matmul(of(3, 2, 2))),
        new Fault(
            "dot: tensor fp32[2] and tensor fp32[3] must be of one length", x -> of(2).dot(of(3))),
        new Fault(
            "outer: tensor fp32[2, 3] and tensor fp32[2] must be vectors", x -> x.outer(of(2))),
        new Fault(
            "reshape: tensor fp32[2, 3] has 6 elements, which do not fill the shape [4, -1]",
            x -> x.reshape(4, -1)),
        new Fault(
            "view: the elements of transpose fp32[3, 2] do not lie in memory as [6] needs them; use"
                + " reshape, which copies",
            x -> x.transpose(0, 1).view(6)),
        new Fault(
            "permute: [0, 0] must name each axis of tensor fp32[2, 3] once", x -> x.permute(0, 0)),
        new Fault("squeeze: axis 1 of tensor fp32[2, 3] must be of extent 1", x -> x.squeeze(1)),
        new Fault(
            "expand: tensor fp32[2, 3] cannot be repeated to [2, 6]: only axes of extent 1 can, and"
                + " new ones at the left",
            x -> x.expand(2, 6)),
        new Fault("slice: 2:4:1 is no part of axis 1 of tensor fp32[2, 3]", x -> x.slice(1, 2, 4)),
        new Fault(
            "select: index 3 is out of range for axis 1 of tensor fp32[2, 3]", x -> x.select(1, 3)),
        new Fault(
            "split: the lengths [1, 1] do not add up to axis 1 of tensor fp32[2, 3]",
            x -> x.split(1, 1, 1)),
        new Fault(
            "unflatten: axis 1 of tensor fp32[2, 3] is no product of [2, 2]",
            x -> x.unflatten(1, 2, 2)),
        new Fault("diagonal: tensor fp32[2, 3] has no diagonal 3", x -> x.diagonal(3)),
        new Fault(
            "cat: tensor fp32[3, 3] must have the shape of tensor fp32[2, 3] but for axis 1",
            x -> Tensor.cat(1, x, of(3, 3))),
        new Fault(
            "stack: tensor fp32[3] must have the shape of tensor fp32[2, 3]",
            x -> Tensor.stack(0, x, of(3))),
        new Fault(
            "repeat: [2] must hold a number of at least 0 for each axis of tensor fp32[2, 3]",
            x -> x.repeat(2)),
        new Fault(
            "gather: indices must be i32 or i64, but are tensor fp32[2, 3]",
            x -> x.gather(0, of(2, 3))),
        new Fault(
            "gather: tensor i64[3, 3] must have the shape of tensor fp32[2, 3] but for axis 1",
            x -> x.gather(1, of(DType.I64, 3, 3))),
        new Fault(
            "index_select: the index must be a vector, but is tensor i64[1, 1]",
            x -> x.indexSelect(0, of(DType.I64, 1, 1))),
        new Fault(
            "scatter_add: tensor i64[2, 2] must have the shape of tensor fp32[2, 1]",
            x -> x.scatterAdd(1, of(DType.I64, 2, 2), of(2, 1))),
        new Fault("top_k: axis 1 of tensor fp32[2, 3] has no 4 elements", x -> x.topK(4, 1)),
        new Fault(
            "backward: tensor fp32[2, 3] needs no gradient: no parameter took part in it",
            x -> x.backward(of(2, 3))),
        new Fault(
            "backward: tensor fp32[3] must have the shape of tensor fp32[2, 3]",
            x -> x.backward(of(3))),
        new Fault("item: needs a tensor of one element, but is tensor fp32[2, 3]", x -> x.item()),
        new Fault(
            "requireGrad: only floats have gradients, but is tensor i32[2]",
            x -> of(DType.I32, 2).requireGrad()),
        new Fault(
            "arange: steps of -1.0 do not lead from 0.0 to 3.0",
            x -> CONTEXT.arange(DType.FP32, 0, 3, -1)),
        new Fault(
            "arange: steps of NaN do not lead from 0.0 to 3.0",
            x -> CONTEXT.arange(DType.FP32, 0, 3, Double.NaN)),
        new Fault(
            "arange: steps of 1.0 do not lead from 0.0 to Infinity with so few numbers as fit",
            x -> CONTEXT.arange(DType.FP32, 0, Double.POSITIVE_INFINITY, 1)),
        new Fault(
            "random numbers: a shape must not be negative, nor have more than 2147483647"
                + " elements, but is [-2]",
            x -> CONTEXT.randn(DType.FP32, -2)),
        new Fault(
            "eye: a shape must not be negative, nor have more than 2147483647 elements, but is"
                + " [100000, 100000]",
            x -> CONTEXT.eye(DType.FP32, 100_000)),
        new Fault(
            "linspace: a shape must not be negative, nor have more than 2147483647 elements, but"
                + " is [-1]",
            x -> CONTEXT.linspace(DType.FP32, 0, 1, -1)),
        new Fault(
            "randperm: a shape must not be negative, nor have more than 2147483647 elements, but"
                + " is [-1]",
            x -> CONTEXT.randperm(-1)),
        new Fault(
            "a shape of too many elements: [1099511627776, 1099511627776]",
            x -> of(1L << 40, 1L << 40)),
        new Fault(
            "a shape of too many elements: [4294967296, 4294967296]",
            x -> of(0).reshape(1L << 32, 1L << 32)),
        new Fault(
            "narrow: axis 1 of tensor fp32[2, 3] has no -1 elements from 0 on",
            x -> x.narrow(1, 0, -1)),
        new Fault(
            "chunk: there must be at least 1 part of tensor fp32[2, 3], not 0", x -> x.chunk(0, 1)),
        new Fault(
            "split: the lengths [4, -1] do not add up to axis 1 of tensor fp32[2, 3]",
            x -> x.split(1, 4, -1)),
        new Fault(
            "unflatten: axis 1 of tensor fp32[2, 3] is no product of [-1, -1]",
            x -> x.unflatten(1, -1, -1)),
        new Fault(
            "diagonal: tensor fp32[2, 3] has no diagonal -9223372036854775808",
            x -> x.diagonal(Long.MIN_VALUE)),
        new Fault(
            "copyFrom: elements of expand fp32[2, 3] share memory, as an axis of it was expanded;"
                + " copy() it first",
            x -> of(1, 3).expand(2, 3).copyFrom(x)),
        new Fault(
            "addInPlace: elements of expand fp32[2, 3] share memory, as an axis of it was expanded;"
                + " copy() it first",
            x -> of(1, 3).expand(2, 3).addInPlace(x)),
        new Fault(
            "randint: there must be 1 to 2^32 numbers from 3 to 3", x -> CONTEXT.randint(3, 3, 2)),
        new Fault("randn: the dtype must be a float, but is i32", x -> CONTEXT.randn(DType.I32, 2)),
        new Fault(
            "multinomial: a row of tensor fp32[2, 3] has too few weights above 0 to draw from",
            x -> CONTEXT.multinomial(x, 1, true)));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void sayWhatIsWrong(Fault fault) {
    try (Scope _ = CONTEXT.scope()) {
      Tensor x = of(2, 3);
      assertThatThrownBy(() -> fault.operation().accept(x))
          .isInstanceOf(KilnException.class)
          .hasMessage(fault.message());
    }
  }

  @Test
  void aRefusedDrawTakesNoRandomNumbers() {
    long before = CONTEXT.random().offset();
    assertThatThrownBy(() -> CONTEXT.randn(DType.FP32, -2, 3)).isInstanceOf(KilnException.class);
    assertThatThrownBy(() -> CONTEXT.randperm(-7)).isInstanceOf(KilnException.class);
    assertThat(CONTEXT.random().offset()).isEqualTo(before);
  }

  @Test
  void aClosedContextMakesNothing() {
    var closed = new Context(Devices.cpu(), 1);
    closed.close();
    assertThatThrownBy(() -> closed.zeros(DType.FP32, 2)).hasMessage("the context is closed");
    assertThatThrownBy(() -> closed.launcher(Pointwise.class, Pointwise::new))
        .hasMessage("the context is closed");
  }

  @Test
  void freedTensorsSayThatTheyAre() {
    Tensor x;
    try (Scope _ = CONTEXT.scope()) {
      x = of(2, 3);
    }
    assertThatThrownBy(() -> x.add(1))
        .hasMessageContaining("tensor fp32[2, 3] was freed, by close() or with its scope");
  }
}
