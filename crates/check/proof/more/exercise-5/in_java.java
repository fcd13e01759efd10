// verdict: core
// In Java: FileChannel.lock is a record lock, which the kernel releases when its owner dies.
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import static java.nio.file.StandardOpenOption.*;

class Main {
    public static void main(String[] words) throws IOException {
        FileChannel file = FileChannel.open(Path.of(words[1]), READ, WRITE, CREATE);
        file.lock();
        LongBuffer memory = file.map(FileChannel.MapMode.READ_WRITE, 0, 4096)
            .order(ByteOrder.nativeOrder()).asLongBuffer();
        if (words[0].equals("add")) {
            for (long times = Long.parseLong(words[2]); times > 0; times--)
                memory.put(0, memory.get(0) + 1);
            return;
        }
        int from = Integer.parseInt(words[2]), to = Integer.parseInt(words[3]);
        long amount = Long.parseLong(words[4]);
        if (memory.get(from) < amount) {
            System.err.println("error: transfer: account " + from + " of " + words[1] + " holds too little");
            System.exit(1);
        }
        memory.put(from, memory.get(from) - amount);
        memory.put(to, memory.get(to) + amount);
    }
}
