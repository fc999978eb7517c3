import { connectInProcess, connectOverSocket } from './connections.ts';
import { contractSuite } from './suite.ts';

contractSuite('the sandbox in this process', connectInProcess);
contractSuite('the sandbox over a socket', connectOverSocket);
