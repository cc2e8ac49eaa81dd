package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.UnaryFunction;

/**
 * Functions of elements; shapes are broadcast as in NumPy: aligned at the right, an extent of 1 and
 * a missing axis repeat. Operands must have one dtype; comparisons and logic give i1. Numbers are
 * as exact as the tensor's dtype, whole ones for integers.
 */
public sealed interface ElementwiseOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  // Arithmetic

  /** {@code this + other}. */
  default Tensor add(Tensor other) {
    return Elementwise.binary(BinaryFunction.ADD, self(), other);
  }

  /** {@code this + number}. */
  default Tensor add(double number) {
    return Elementwise.binary(BinaryFunction.ADD, self(), number);
  }

  /** {@code this - other}. */
  default Tensor sub(Tensor other) {
    return Elementwise.binary(BinaryFunction.SUB, self(), other);
  }

  /** {@code this - number}. */
  default Tensor sub(double number) {
    return Elementwise.binary(BinaryFunction.SUB, self(), number);
  }

  /** {@code number - this}. */
  default Tensor rsub(double number) {
    return Elementwise.affine("rsub", self(), -1, number);
  }

  /** {@code this * other}. */
  default Tensor mul(Tensor other) {
    return Elementwise.binary(BinaryFunction.MUL, self(), other);
  }

  /** {@code this * number}. */
  default Tensor mul(double number) {
    return Elementwise.binary(BinaryFunction.MUL, self(), number);
  }

  /** {@code scale this + shift}. */
  default Tensor affine(double scale, double shift) {
    return Elementwise.affine("affine", self(), scale, shift);
  }

  /** {@code this / other}; integers divide towards zero. */
  default Tensor div(Tensor other) {
    return Elementwise.binary(BinaryFunction.DIV, self(), other);
  }

  /** {@code this / number}; integers divide towards zero. */
  default Tensor div(double number) {
    return Elementwise.binary(BinaryFunction.DIV, self(), number);
  }

  /** {@code number / this}, of floats. */
  default Tensor rdiv(double number) {
    return reciprocal().mul(number);
  }

  /** {@code this} to the power of {@code other}, of floats. */
  default Tensor pow(Tensor other) {
    return Elementwise.binary(BinaryFunction.POW, self(), other);
  }

  /** {@code this} to the power of a number, of floats. */
  default Tensor pow(double number) {
    return Elementwise.binary(BinaryFunction.POW, self(), number);
  }

  /** The larger of two; NaN if one is NaN. Equal ones share the gradient. */
  default Tensor maximum(Tensor other) {
    return Elementwise.binary(BinaryFunction.MAX, self(), other);
  }

  default Tensor maximum(double number) {
    return Elementwise.binary(BinaryFunction.MAX, self(), number);
  }

  /** The smaller of two; NaN if one is NaN. Equal ones share the gradient. */
  default Tensor minimum(Tensor other) {
    return Elementwise.binary(BinaryFunction.MIN, self(), other);
  }

  default Tensor minimum(double number) {
    return Elementwise.binary(BinaryFunction.MIN, self(), number);
  }

  /** {@code this * factor + summand}. */
  default Tensor multiplyAdd(Tensor factor, Tensor summand) {
    return Choosing.multiplyAdd(self(), factor, summand);
  }

  /** {@code this + weight (end - this)}. */
  default Tensor lerp(Tensor end, double weight) {
    return Choosing.lerp(self(), end, weight);
  }

  /** {@code this + weight (end - this)}. */
  default Tensor lerp(Tensor end, Tensor weight) {
    return Choosing.lerp(self(), end, weight);
  }

  /** At least {@code low}, at most {@code high}; infinity for no bound. NaN stays. */
  default Tensor clamp(double low, double high) {
    return Choosing.clamp(self(), low, high);
  }

  // Functions

  /** {@code -this}. */
  default Tensor neg() {
    return Elementwise.unary(UnaryFunction.NEG, self());
  }

  /** The magnitude; the gradient at 0 is 0. */
  default Tensor abs() {
    return Elementwise.unary(UnaryFunction.ABS, self());
  }

  /** -1, 0 or 1; NaN stays. */
  default Tensor sign() {
    return Elementwise.unary(UnaryFunction.SIGN, self());
  }

  default Tensor square() {
    return Elementwise.unary(UnaryFunction.SQUARE, self());
  }

  default Tensor sqrt() {
    return Elementwise.unary(UnaryFunction.SQRT, self());
  }

  /** {@code 1 / sqrt(this)}. */
  default Tensor rsqrt() {
    return Elementwise.unary(UnaryFunction.RSQRT, self());
  }

  /** {@code 1 / this}. */
  default Tensor reciprocal() {
    return Elementwise.unary(UnaryFunction.RECIPROCAL, self());
  }

  default Tensor exp() {
    return Elementwise.unary(UnaryFunction.EXP, self());
  }

  /** 2 to the power of this. */
  default Tensor exp2() {
    return Elementwise.unary(UnaryFunction.EXP2, self());
  }

  /** {@code exp(this) - 1} without cancellation near 0. */
  default Tensor expm1() {
    return Elementwise.unary(UnaryFunction.EXPM1, self());
  }

  /** The natural logarithm. */
  default Tensor log() {
    return Elementwise.unary(UnaryFunction.LOG, self());
  }

  default Tensor log2() {
    return Elementwise.unary(UnaryFunction.LOG2, self());
  }

  /** {@code log(1 + this)} without cancellation near 0. */
  default Tensor log1p() {
    return Elementwise.unary(UnaryFunction.LOG1P, self());
  }

  default Tensor sin() {
    return Elementwise.unary(UnaryFunction.SIN, self());
  }

  default Tensor cos() {
    return Elementwise.unary(UnaryFunction.COS, self());
  }

  /** The error function. */
  default Tensor erf() {
    return Elementwise.unary(UnaryFunction.ERF, self());
  }

  default Tensor floor() {
    return Elementwise.unary(UnaryFunction.FLOOR, self());
  }

  default Tensor ceil() {
    return Elementwise.unary(UnaryFunction.CEIL, self());
  }

  /** To the nearest whole number, ties to even. */
  default Tensor round() {
    return Elementwise.unary(UnaryFunction.ROUND, self());
  }

  /** Towards zero. */
  default Tensor trunc() {
    return Elementwise.unary(UnaryFunction.TRUNC, self());
  }

  default Tensor isNan() {
    return Elementwise.unary(UnaryFunction.IS_NAN, self());
  }

  /** Whether neither NaN nor infinite. */
  default Tensor isFinite() {
    return Elementwise.unary(UnaryFunction.IS_FINITE, self());
  }

  // Truth

  default Tensor eq(Tensor other) {
    return Elementwise.binary(BinaryFunction.EQ, self(), other);
  }

  default Tensor eq(double number) {
    return Elementwise.binary(BinaryFunction.EQ, self(), number);
  }

  default Tensor ne(Tensor other) {
    return Elementwise.binary(BinaryFunction.NE, self(), other);
  }

  default Tensor ne(double number) {
    return Elementwise.binary(BinaryFunction.NE, self(), number);
  }

  default Tensor lt(Tensor other) {
    return Elementwise.binary(BinaryFunction.LT, self(), other);
  }

  default Tensor lt(double number) {
    return Elementwise.binary(BinaryFunction.LT, self(), number);
  }

  default Tensor le(Tensor other) {
    return Elementwise.binary(BinaryFunction.LE, self(), other);
  }

  default Tensor le(double number) {
    return Elementwise.binary(BinaryFunction.LE, self(), number);
  }

  default Tensor gt(Tensor other) {
    return Elementwise.binary(BinaryFunction.GT, self(), other);
  }

  default Tensor gt(double number) {
    return Elementwise.binary(BinaryFunction.GT, self(), number);
  }

  default Tensor ge(Tensor other) {
    return Elementwise.binary(BinaryFunction.GE, self(), other);
  }

  default Tensor ge(double number) {
    return Elementwise.binary(BinaryFunction.GE, self(), number);
  }

  /** Whether both are not 0. */
  default Tensor and(Tensor other) {
    return Elementwise.binary(BinaryFunction.AND, self(), other);
  }

  /** Whether one is not 0. */
  default Tensor or(Tensor other) {
    return Elementwise.binary(BinaryFunction.OR, self(), other);
  }

  /** Whether 0. */
  default Tensor not() {
    return Elementwise.unary(UnaryFunction.NOT, self());
  }

  /** {@code a} where this is not 0, otherwise {@code b}; all three are broadcast. */
  default Tensor where(Tensor a, Tensor b) {
    return Choosing.where(self(), a, b);
  }

  /** This, but a number wherever a mask is not 0. */
  default Tensor maskedFill(Tensor mask, double value) {
    return Choosing.maskedFill(self(), mask, value);
  }

  // Copies

  /** In another dtype; this very tensor if it has it already. */
  default Tensor to(DType dtype) {
    return Elementwise.cast(self(), dtype);
  }

  /** The same numbers in memory of their own; gradients flow through. */
  default Tensor copy() {
    return Elementwise.clone(self());
  }
}
