package dev.kiln.tests.gpu;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.math.Arithmetic;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.PtxFunction;
import dev.kiln.compiler.ptx.PtxPasses;
import dev.kiln.compiler.ptx.PtxPrinter;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * A kernel of PTX that applies elementwise operations of tile IR, without the rest of the compiler:
 * each thread takes the elements of the inputs at its index, all through 8 bytes that hold the bits
 * of the number, and writes the results.
 *
 * @param ops each takes as many of the inputs as it needs, in order; their operands agree in types
 */
record ElementKernel(List<ElementwiseOp> ops) {
  static final int THREADS = 128;
  private static final Location NOWHERE = Location.UNKNOWN;

  static ElementwiseOp unary(UnaryKind kind, DType dtype) {
    boolean counts = kind == UnaryKind.CLZ || kind == UnaryKind.POPC;
    return new ElementwiseOp.Unary(NOWHERE, value(counts ? DType.I32 : dtype), kind, value(dtype));
  }

  static ElementwiseOp binary(BinaryKind kind, DType dtype) {
    return new ElementwiseOp.Binary(NOWHERE, value(dtype), kind, value(dtype), value(dtype));
  }

  static ElementwiseOp compare(CompareKind kind, DType dtype) {
    return new ElementwiseOp.Compare(NOWHERE, value(DType.I1), kind, value(dtype), value(dtype));
  }

  static ElementwiseOp cast(CastKind kind, DType from, DType to) {
    return new ElementwiseOp.Cast(NOWHERE, value(to), kind, value(from));
  }

  static ElementwiseOp fma(DType dtype) {
    return new ElementwiseOp.Fma(NOWHERE, value(dtype), value(dtype), value(dtype), value(dtype));
  }

  static ElementwiseOp select(DType dtype) {
    return new ElementwiseOp.Select(
        NOWHERE, value(dtype), value(DType.I1), value(dtype), value(dtype));
  }

  static Value value(DType dtype) {
    return new Value(Type.scalar(dtype));
  }

  /** The text; the entry is {@code elements}, its parameters the inputs and then the outputs. */
  String ptx(GpuTarget target) {
    var ptx = new PtxBuilder();
    var arithmetic = new Arithmetic(ptx, target);
    Operand index =
        ptx.emit(
            "mad.lo.s32",
            RegisterClass.B32,
            special(ptx, "%ctaid.x"),
            Operand.Immediate.b32(THREADS),
            special(ptx, "%tid.x"));
    ElementwiseOp largest =
        Collections.max(ops, Comparator.comparingInt(op -> op.operands().size()));
    int inputs = largest.operands().size();
    List<Operand> operands = new ArrayList<>();
    for (int i = 0; i < inputs; i++) {
      operands.add(load(ptx, largest.operands().get(i).dtype(), pointer(ptx, i, index)));
    }
    for (int i = 0; i < ops.size(); i++) {
      Operand result =
          arithmetic.element(ops.get(i), operands.subList(0, ops.get(i).operands().size()));
      store(ptx, ops.get(i).result().dtype(), pointer(ptx, inputs + i, index), result);
    }
    List<PtxFunction.Param> params = new ArrayList<>();
    for (int i = 0; i < inputs + ops.size(); i++) {
      params.add(new PtxFunction.Param("p" + i, "b64", 0, 0));
    }
    var function =
        new PtxFunction(
            "elements",
            params,
            ptx.body(),
            target.target().label(),
            target.ptxVersion(),
            THREADS,
            0,
            List.of());
    return PtxPrinter.print(PtxPasses.optimize(function));
  }

  private static Operand special(PtxBuilder ptx, String name) {
    return ptx.emit("mov.u32", RegisterClass.B32, new Name(RegisterClass.B32, name));
  }

  private static Operand pointer(PtxBuilder ptx, int parameter, Operand index) {
    Register base = ptx.register(RegisterClass.B64);
    ptx.add(
        "ld.param.b64",
        List.of(base),
        null,
        List.of(),
        Effect.READ,
        null,
        Address.of(new Name(RegisterClass.B64, "p" + parameter), 0));
    return ptx.emit(
        "mad.wide.s32", RegisterClass.B64, index, Operand.Immediate.b32(Long.BYTES), base);
  }

  /** A number whose bits stand in 8 bytes, as {@link Elements} says; integers sign-extended. */
  private static Operand load(PtxBuilder ptx, DType dtype, Operand pointer) {
    RegisterClass held = Elements.held(dtype);
    String opcode =
        switch (held) {
          case PRED, B32 -> "ld.global.b32";
          case B16 -> "ld.global.b16";
          case B64 -> "ld.global.b64";
        };
    Register loaded = ptx.register(held == RegisterClass.PRED ? RegisterClass.B32 : held);
    ptx.add(opcode, List.of(loaded), null, List.of(), Effect.READ, null, Address.of(pointer, 0));
    return held == RegisterClass.PRED
        ? ptx.emit("setp.ne.s32", RegisterClass.PRED, loaded, Operand.Immediate.b32(0))
        : loaded;
  }

  private static void store(PtxBuilder ptx, DType dtype, Operand pointer, Operand result) {
    Operand word =
        switch (Elements.held(dtype)) {
          case PRED ->
              ptx.emit(
                  "selp.b64",
                  RegisterClass.B64,
                  Operand.Immediate.b64(1),
                  Operand.Immediate.b64(0),
                  result);
          case B16 -> ptx.emit("cvt.u64.u16", RegisterClass.B64, result);
          case B32 ->
              ptx.emit(dtype.isFloat() ? "cvt.u64.u32" : "cvt.s64.s32", RegisterClass.B64, result);
          case B64 -> result;
        };
    ptx.effect("st.global.b64", Address.of(pointer, 0), word);
  }
}
