package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.recurrent.ConvLstm;
import dev.kiln.kernels.recurrent.Gru;
import dev.kiln.kernels.recurrent.Lstm;
import dev.kiln.kernels.recurrent.Rnn;
import java.util.List;

/** The gates of recurrent cells. */
final class RecurrentCases {
  private RecurrentCases() {}

  static List<KernelCase> all() {
    return List.of(lstm(), gru(), rnn(), convLstm());
  }

  private static KernelCase lstm() {
    return new KernelCase(
        "Lstm",
        List.of(
            normal(111, 21, 4 * 50),
            normal(112, 4 * 50),
            normal(113, 21, 50),
            unwritten(21, 4 * 50),
            unwritten(21, 50),
            unwritten(21, 50),
            unwritten(21, 50)),
        (device, a) -> {
          var lstm = new Lstm(device);
          return () -> {
            lstm.cellForward(a.get(0), a.get(1), a.get(1), a.get(2), a.get(3), a.get(4), a.get(5));
            lstm.cellBackward(a.get(5), a.get(4), a.get(3), a.get(2), a.get(4), a.get(3), a.get(6));
          };
        });
  }

  private static KernelCase gru() {
    return new KernelCase(
        "Gru of bf16",
        List.of(
            normal(DType.BF16, 114, 21, 3 * 50),
            normal(DType.BF16, 115, 21, 3 * 50),
            normal(DType.BF16, 116, 3 * 50),
            normal(DType.BF16, 117, 21, 50),
            unwritten(DType.BF16, 21, 4 * 50),
            unwritten(DType.BF16, 21, 50),
            unwritten(DType.BF16, 21, 3 * 50),
            unwritten(DType.BF16, 21, 3 * 50)),
        (device, a) -> {
          var gru = new Gru(device);
          return () -> {
            gru.cellForward(a.get(0), a.get(1), a.get(2), a.get(2), a.get(3), a.get(4), a.get(5));
            gru.cellBackward(a.get(5), a.get(4), a.get(3), a.get(6), a.get(7), a.get(5));
          };
        });
  }

  private static KernelCase rnn() {
    return new KernelCase(
        "Rnn",
        List.of(normal(118, 21, 50), normal(119, 50), unwritten(21, 50), unwritten(21, 50)),
        (device, a) -> {
          var rnn = new Rnn(device, false);
          return () -> {
            rnn.cellForward(a.get(0), a.get(1), null, a.get(2));
            rnn.cellBackward(a.get(0), a.get(2), a.get(3));
          };
        });
  }

  private static KernelCase convLstm() {
    return new KernelCase(
        "ConvLstm",
        List.of(
            normal(120, 3, 4 * 6, 5, 7),
            normal(121, 3, 6, 5, 7),
            normal(122, 3, 6, 5, 7),
            unwritten(3, 4 * 6, 5, 7),
            unwritten(3, 6, 5, 7),
            unwritten(3, 6, 5, 7),
            unwritten(3, 6, 5, 7),
            unwritten(3, 6, 5, 7)),
        (device, a) -> {
          var cell = new ConvLstm(device);
          return () -> {
            cell.forward(a.get(0), a.get(1), a.get(2), a.get(3), a.get(4), a.get(5));
            cell.backward(
                a.get(5), null, a.get(3), a.get(1), a.get(2), a.get(4), a.get(3), a.get(6));
            cell.peepholeGradient(a.get(3), a.get(2), a.get(4), false, a.get(7));
          };
        });
  }
}
