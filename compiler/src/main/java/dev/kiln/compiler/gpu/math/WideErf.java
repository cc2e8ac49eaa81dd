package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.d;

import dev.kiln.compiler.numeric.ErfPolynomial;
import dev.kiln.compiler.ptx.Operand;

/**
 * erf of fp64 by the rational functions of fdlibm's s_erf.c: one quotient, whose numerator and
 * denominator are chosen by the argument's size. The evaluator does the same, on the same bits.
 */
final class WideErf {
  private final Code code;
  private final Reals real;
  private final WideExponentials exponentials;

  WideErf(Code code, WideExponentials exponentials) {
    this.code = code;
    this.real = Reals.doubles(code);
    this.exponentials = exponentials;
  }

  Operand erf(Operand x) {
    Operand size = real.abs(x);
    Operand square = real.mul(x, x);
    Operand isFirst = real.is(size, "lt", ErfPolynomial.NEAR_END);
    Operand isSecond = real.is(size, "lt", ErfPolynomial.ONE_END);
    Operand isThird = real.is(size, "lt", ErfPolynomial.MIDDLE_END);
    Operand fromOne = real.sub(size, d(1));
    Operand inverse = real.div(d(1), square);
    Operand quotient =
        real.div(
            code.select(
                isFirst,
                at(ErfPolynomial.NEAR, square),
                code.select(
                    isSecond,
                    at(ErfPolynomial.ONE, fromOne),
                    code.select(
                        isThird,
                        at(ErfPolynomial.MIDDLE, inverse),
                        at(ErfPolynomial.FAR, inverse)))),
            code.select(
                isFirst,
                at(ErfPolynomial.NEAR_BELOW, square),
                code.select(
                    isSecond,
                    at(ErfPolynomial.ONE_BELOW, fromOne),
                    code.select(
                        isThird,
                        at(ErfPolynomial.MIDDLE_BELOW, inverse),
                        at(ErfPolynomial.FAR_BELOW, inverse)))));
    Operand near = real.fma(x, quotient, x);
    Operand middle = real.add(d(ErfPolynomial.AT_ONE), quotient);
    Operand exponent = real.add(real.fma(code.b64("neg.f64", size), size, d(-0.5625)), quotient);
    Operand tail = real.div(exponentials.exp(exponent), size);
    Operand far =
        code.select(real.is(size, "ge", ErfPolynomial.FAR_END), d(1), real.sub(d(1), tail));
    Operand beyond = real.copySign(code.select(isSecond, middle, far), x);
    return code.select(isFirst, near, beyond);
  }

  private Operand at(ErfPolynomial polynomial, Operand x) {
    return real.polynomial(x, polynomial.coefficients());
  }
}
