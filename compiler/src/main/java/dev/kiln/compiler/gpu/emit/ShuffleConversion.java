package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.gpu.memory.Words;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.layout.ConversionPlan;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Conversions inside of warps: selection, shuffles, selection. Elements of less than 32 bits that
 * go the same way share a word.
 */
final class ShuffleConversion {
  private final Emission emission;
  private final PtxBuilder ptx;
  private final ConversionPlan.Shuffles plan;
  private final boolean isBool;
  private final DType dtype;

  ShuffleConversion(Emission emission, DType dtype, ConversionPlan.Shuffles plan) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.plan = plan;
    this.isBool = dtype.isBool();
    this.dtype = isBool ? DType.I8 : dtype;
  }

  List<Operand> emit(List<Operand> registers) {
    List<Operand> source = isBool ? registers.stream().map(this::number).toList() : registers;
    var given = new ThreadChoice(ptx, emission.thread(), plan.giveSelect(), source);
    Operand[] taken = new Operand[plan.lanes().size()];
    Map<Integer, List<Integer>> roundsByLane = new TreeMap<>();
    for (int round = 0; round < taken.length; round++) {
      taken[round] = given.get(plan.given().get(round));
      if (!plan.staysInThread(round)) {
        roundsByLane.computeIfAbsent(plan.lanes().get(round), lane -> new ArrayList<>()).add(round);
      }
    }
    roundsByLane.forEach((lane, rounds) -> shuffle(lane, rounds, taken));
    var ordered = new ThreadChoice(ptx, emission.thread(), plan.order(), List.of(taken));
    List<Operand> result = new ArrayList<>();
    for (int register : plan.result()) {
      Operand element = ordered.get(register);
      result.add(isBool ? isSet(element) : element);
    }
    return result;
  }

  private Operand number(Operand predicate) {
    return ptx.emit("selp.b32", RegisterClass.B32, Immediate.b32(1), Immediate.b32(0), predicate);
  }

  private Operand isSet(Operand number) {
    return ptx.emit("setp.ne.s32", RegisterClass.PRED, number, Immediate.b32(0));
  }

  /** Replaces what lanes give in some rounds by what they take. */
  private void shuffle(int lane, List<Integer> rounds, Operand[] values) {
    int inWord = Math.max(1, Integer.BYTES / dtype.bytes());
    for (int first = 0; first < rounds.size(); first += inWord) {
      List<Operand> elements = new ArrayList<>();
      for (int i = 0; i < inWord; i++) {
        elements.add(values[rounds.get(Math.min(first + i, rounds.size() - 1))]);
      }
      var words = new Words(ptx, dtype, inWord);
      List<Operand> taken =
          words.unpack(words.pack(elements).stream().map(word -> shuffle(lane, word)).toList());
      for (int i = 0; i < inWord && first + i < rounds.size(); i++) {
        values[rounds.get(first + i)] = taken.get(i);
      }
    }
  }

  private Operand shuffle(int lane, Operand word) {
    if (word.type() != RegisterClass.B64) {
      return shuffleWord(lane, word);
    }
    Register low = ptx.register(RegisterClass.B32);
    Register high = ptx.register(RegisterClass.B32);
    ptx.emit("mov.b64", List.of(Vector.of(low, high)), word);
    return ptx.emit(
        "mov.b64", RegisterClass.B64, Vector.of(shuffleWord(lane, low), shuffleWord(lane, high)));
  }

  private Operand shuffleWord(int lane, Operand word) {
    boolean isExchange = plan.takeFrom().equals(ownLane(plan.takeFrom().inputBits()));
    Operand from =
        isExchange
            ? Immediate.b32(lane)
            : ptx.emit(
                "xor.b32",
                RegisterClass.B32,
                ThreadMap.emit(ptx, emission.thread(), plan.takeFrom()),
                Immediate.b32(lane));
    return ptx.emit(
        isExchange ? "shfl.sync.bfly.b32" : "shfl.sync.idx.b32",
        RegisterClass.B32,
        word,
        from,
        Immediate.b32(31),
        Immediate.b32(-1));
  }

  private static LinearMap ownLane(int threadBits) {
    int[] columns = new int[threadBits];
    for (int bit = 0; bit < 5; bit++) {
      columns[bit] = 1 << bit;
    }
    return new LinearMap(columns);
  }
}
